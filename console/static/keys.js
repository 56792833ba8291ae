// Single keys for people who work the queue all day. Every page works without this file.
"use strict";

(() => {
  const STORE = "kapear-keys";
  const box = document.getElementById("keys-on");
  if (!box) return;

  // Keys can be switched off: a voice or a cat may type them too (WCAG 2.1.4).
  box.checked = localStorage.getItem(STORE) !== "off";
  box.closest("label").hidden = false;
  box.addEventListener("change", () => localStorage.setItem(STORE, box.checked ? "on" : "off"));

  const rows = [...document.querySelectorAll("[data-row]")];
  const current = () => rows.findIndex((row) => row.contains(document.activeElement));

  const move = (step) => {
    if (!rows.length) return;
    const next = Math.min(rows.length - 1, Math.max(0, current() + step));
    rows[next].querySelector("a.open").focus();
  };

  const claim = () => {
    const here = rows[current()] ?? (rows.length ? null : document);
    here?.querySelector("[data-key='c']")?.click();
  };

  const help = () => {
    const list = document.getElementById("shortcuts");
    list.open = !list.open;
    if (list.open) list.scrollIntoView({ block: "nearest" });
  };

  const keys = { j: () => move(1), k: () => move(-1), c: claim, "?": help };

  document.addEventListener("keydown", (event) => {
    if (!box.checked || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
})();
