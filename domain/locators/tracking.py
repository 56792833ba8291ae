"""
Name the parts of a query that say who followed a link, and never what it shows.

Only such parts are left out of a canonical address. `ref`, `source` or `si`
select content on some sites, so they are left out where they are known not to.
"""

from __future__ import annotations

import re

# Of campaigns (Google, Matomo, Piwik), of clicks (Google, Facebook, Microsoft, Yandex, TikTok, X, LinkedIn, Pinterest),
# of shares (Instagram, X, Facebook), of newsletters (Mailchimp, HubSpot, Marketo, Omeda, Vero, Drip, MailerLite).
_ANYWHERE = re.compile(
    r"(?:utm|mtm|pk|piwik|matomo|hsa)_[a-z_]+"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|_ga|_gl|msclkid|yclid|ysclid|_openstat|twclid|ttclid|li_fat_id|epik|rdt_cid|irclickid"
    r"|igshid|igsh|ref_src|ref_url|fb_action_ids|fb_action_types|fb_source|fb_ref|__tn__|__cft__|__xts__|mibextid"
    r"|mc_cid|mc_eid|_hsenc|_hsmi|__hstc|__hssc|__hsfp|hsctatracking|mkt_tok|oly_anon_id|oly_enc_id|vero_id|vero_conv"
    r"|__s|ml_subscriber|ml_subscriber_hash|wickedid",
    re.IGNORECASE,
)
_AT: dict[str, frozenset[str]] = {
    "facebook.com": frozenset(
        {"_rdr", "eav", "fref", "hc_ref", "locale", "paipv", "ref", "refid", "rdid", "refsrc", "wtsid"}
    ),
    "reddit.com": frozenset({"rdt", "ref", "ref_source", "share_id"}),
    "vk.com": frozenset({"from", "ref"}),
    "youtube.com": frozenset({"ab_channel", "app", "feature", "pp", "si"}),
}


def is_tracking(name: str, host: str) -> bool:
    """Return whether a part of a query with this name selects nothing at a host."""
    bare = re.split(r"\[|%5B", name, maxsplit=1)[0]
    if _ANYWHERE.fullmatch(bare):
        return True
    return bare in _AT.get(".".join(host.split(".")[-2:]), frozenset())
