"""However a place is spelled, it is one place: one canonical form, or the address of a twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadLocator, NotWatchable
from domain.locators import READERS, recognise, recognise_linked
from domain.observations import Platform
from domain.referral_kinds import ReferralKind

UC = "UCkitesandrakes012345678"
PLACES: dict[str, tuple[str, ...]] = {
    "a channel on Telegram": (
        "@tin_kites", "@Tin_Kites", "@tin_kites/", " @tin_kites ", "t.me/tin_kites", "T.me/Tin_Kites",
        "t.me/tin_kites/", "http://t.me/tin_kites", "https://t.me/tin_kites", "HTTPS://T.ME/TIN_KITES",
        "https://www.t.me/tin_kites", "https://t.me./tin_kites", "https://t.me:443/tin_kites",
        "https://t.me/s/tin_kites", "t.me/s/tin_kites/", "https://t.me/s/tin_kites?before=120",
        "https://t.me/s/tin_kites?after=7&q=x", "https://t.me/tin_kites?boost", "https://t.me/boost/tin_kites",
        "https://t.me/tin_kites?direct", "https://t.me/tin_kites?utm_source=x", "https://t.me/tin_kites#top",
        "https://t.me/tin%5Fkites", "https://telegram.me/tin_kites", "http://telegram.me/s/tin_kites",
        "www.telegram.me/tin_kites", "https://telegram.dog/tin_kites", "telegram.dog/s/tin_kites", "tin_kites.t.me",
        "https://tin_kites.t.me", "https://tin_kites.t.me/", "HTTP://TIN_KITES.T.ME", "tin_kites.telegram.me",
        "tg:resolve?domain=tin_kites", "tg://resolve?domain=tin_kites", "tg://resolve/?domain=Tin_Kites",
        "TG:RESOLVE?domain=tin_kites&boost", "tg://boost?domain=tin_kites", "https://web.telegram.org/k/#@tin_kites",
        "https://web.telegram.org/a/#@tin_kites", "https://web.telegram.org/#/im?p=@tin_kites",
        "web.telegram.org/k/#?tgaddr=tg%3A%2F%2Fresolve%3Fdomain%3Dtin_kites",
    ),
    "a page": (
        "kites.example/shop", "http://kites.example/shop", "https://kites.example/shop",
        "https://www.kites.example/shop", "http://www.kites.example/shop", "HTTPS://WWW.KITES.EXAMPLE/shop",
        "Kites.Example/shop", "https://kites.example./shop", "https://kites.example:443/shop",
        "http://kites.example:80/shop", "https://kites.example/shop#red", "https://kites.example/shop?",
        "https://kites.example/./shop", "https://kites.example/a/../shop", "https://kites.example//shop",
        "https://kites.example/%73hop", "https://kites.example/shop?utm_source=a&utm_medium=b",
        "https://kites.example/shop?fbclid=x", "https://kites.example/shop?gclid=x&gbraid=y",
        "kites.example/shop?wbraid=1", "https://kites.example/shop?igshid=x", "https://kites.example/shop?igsh=x",
        "https://kites.example/shop?mc_cid=1&mc_eid=2", "https://kites.example/shop?ref_src=twsrc",
        "https://kites.example/shop?msclkid=x", "kites.example/shop?yclid=1", "https://kites.example/shop?ysclid=1",
        "https://kites.example/shop?_openstat=1", "kites.example/shop?ttclid=1",
        "https://kites.example/shop?__cft__[0]=1&__tn__=x", "https://kites.example/shop?__cft__%5B0%5D=1",
        "https://kites.example/shop?UTM_Source=1", "https://kites.example/shop?utm%5Fid=1",
        "kites.example/shop?_hsenc=1", "https://kites.example/shop?pk_campaign=1&mtm_kwd=2",
        "kites.example/shop?twclid=1#a", "kites.example/shop?mkt_tok=1",
        "https://www.google.com/amp/s/kites.example/shop",
        "https://google.com.kh/amp/s/www.kites.example/shop?utm_source=a",
        "https://kites-example.cdn.ampproject.org/c/s/kites.example/shop",
        "https://www.google.com/amp/kites.example/shop",
        "https://kites-example.cdn.ampproject.org/v/s/kites.example/shop?_gl=1",
    ),
    "a page that is told by its query": (
        "https://kites.example/?id=5", "kites.example?id=5", "http://www.kites.example/?id=5&utm_source=x",
        "https://kites.example/?fbclid=a&id=5&gclid=b", "https://kites.example/?&id=5&",
        "https://kites.example/?%69d=5",
    ),
    "a page on another port": (
        "http://kites.example:8080/", "http://kites.example:8080", "HTTP://Kites.Example.:8080/#x",
        "http://www.kites.example:8080/?utm_source=x",
    ),
    "a name in another script": (
        "https://b\u00fccher.example/", "b\u00dcCHER.example", "https://xn--bcher-kva.example",
        "http://XN--BCHER-KVA.example/", "https://www.b\u00fccher.example./", "b\u00fccher\u3002example/",
    ),
    "a page on Facebook": (
        "https://www.facebook.com/tin.kites", "facebook.com/tin.kites", "http://facebook.com/tin.kites",
        "m.facebook.com/tin.kites", "https://mbasic.facebook.com/tin.kites", "https://web.facebook.com/tin.kites?_rdr",
        "https://fb.com/tin.kites", "https://km-kh.facebook.com/tin.kites", "https://touch.facebook.com/tin.kites#x",
        "https://www.facebook.com./tin.kites", "https://www.facebook.com/tin.kites?mibextid=x&paipv=0",
        "https://m.facebook.com/tin.kites?locale=km_KH&ref=page",
        "https://www.facebook.com/tin.kites?fbclid=x&__tn__=y", "www.fb.com/tin.kites",
    ),
    "a community on VK": (
        "https://vk.com/tin_kites", "vk.com/tin_kites", "http://m.vk.com/tin_kites", "https://www.vk.com/tin_kites",
        "https://vk.ru/tin_kites", "m.vk.ru/tin_kites#x", "vkontakte.ru/tin_kites",
        "https://vk.com/tin_kites?from=groups",
    ),
    "a forum on Reddit": (
        "https://www.reddit.com/r/kites/", "https://old.reddit.com/r/kites/", "http://reddit.com/r/kites/?share_id=x",
        "https://new.reddit.com/r/kites/", "np.reddit.com/r/kites/", "https://m.reddit.com/r/kites/?utm_name=x",
        "https://amp.reddit.com/r/kites/", "i.reddit.com/r/kites/?rdt=1",
    ),
    "a channel on YouTube": (
        f"https://www.youtube.com/channel/{UC}", f"youtube.com/channel/{UC}",
        f"http://m.youtube.com/channel/{UC}?si=x", f"https://www.youtube.com/channel/{UC}?app=desktop",
        f"https://www.youtube.com/feeds/videos.xml?channel_id={UC}",
    ),
    "an article": ("https://km.m.wikipedia.org/wiki/Kite", "https://km.wikipedia.org/wiki/Kite",
    "km.wikipedia.org/wiki/Kite#x"),
}  # fmt: skip


def test_the_table_is_long() -> None:
    assert sum(len(spellings) for spellings in PLACES.values()) >= 120


@pytest.mark.parametrize("place", PLACES)
def test_however_a_place_is_spelled_it_is_one(place: str) -> None:
    first = recognise(PLACES[place][0])
    for spelling in PLACES[place]:
        locator = recognise(spelling)
        assert locator.canonical in {first.canonical, *first.twins}, spelling
        assert locator.platform is first.platform, spelling
        assert first.canonical in {locator.canonical, *locator.twins}, spelling
        assert recognise(locator.canonical) == locator, spelling


@pytest.mark.parametrize("place", sorted(set(PLACES) - {place for place in PLACES if place.startswith("a page")}))
def test_what_is_known_by_its_site_has_one_canonical_form(place: str) -> None:
    if place == "a name in another script":
        return
    assert len({recognise(spelling).canonical for spelling in PLACES[place]}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://kites.example/", "https://kites.example/index.html"),
        ("https://kites.example/shop", "https://kites.example/shop/"),
        ("https://kites.example/Shop", "https://kites.example/shop"),
        ("https://kites.example/?id=5", "https://kites.example/?id=6"),
        ("https://kites.example/?si=1", "https://kites.example/?si=2"),
        ("https://kites.example/?ref=1", "https://kites.example/?ref=2"),
        ("https://kites.example/?source=1", "https://kites.example/?source=2"),
        ("https://kites.example/?a=1&b=2", "https://kites.example/?b=2&a=1"),
        ("https://m.kites.example/", "https://kites.example/"),
        ("https://kites.example:8080/", "https://kites.example/"),
        ("@tin_kites", "@tin_kite"),
    ],
)
def test_what_may_be_two_places_stays_two(one: str, other: str) -> None:
    first, second = recognise(one), recognise(other)
    assert second.canonical not in {first.canonical, *first.twins}


REFUSED: dict[ReferralKind, tuple[str, ...]] = {
    ReferralKind.SERVICE: (
        "https://x.com/kites", "https://twitter.com/kites/status/1", "mobile.twitter.com/kites", "https://t.co/AbC",
        "https://www.instagram.com/kites/", "https://m.instagram.com/p/AbC", "https://www.tiktok.com/@kites",
        "vm.tiktok.com/AbC", "https://www.threads.net/@kites", "threads.com/@kites",
        "https://www.snapchat.com/add/kites", "linkedin.com/in/kites", "https://onlyfans.com/kites",
        "fansly.com/kites", "https://www.facebook.com/groups/123", "m.facebook.com/groups/kites/posts/1",
        "https://www.google.com/amp/s/x.com/kites",
    ),
    ReferralKind.MESSENGER: (
        "https://wa.me/85512345678", "https://chat.whatsapp.com/AbC", "https://api.whatsapp.com/send?phone=1",
        "www.wa.me/1", "https://discord.gg/AbC", "https://discord.com/invite/AbC",
        "https://discordapp.com/channels/1/2", "m.me/kites", "https://signal.group/#AbC", "https://signal.me/#p/+855",
        "https://invite.viber.com/?g2=AbC", "https://line.me/ti/p/AbC", "https://lin.ee/AbC",
        "https://www.messenger.com/t/1", "https://matrix.to/#/#kites:example.org", "zalo.me/g/AbC",
        "https://m.facebook.com/messages/t/1", "viber://chat?number=1", "whatsapp://send?phone=1", "LINE://ti/p/AbC",
        "sgnl://signal.me/#p/1", "fb-messenger://user/1", "https://vk.com/im?sel=1", "https://vk.com/write-1",
    ),
    ReferralKind.FILE_HOST: (
        "https://mega.nz/folder/AbC#x", "https://www.mediafire.com/file/AbC",
        "https://drive.google.com/drive/folders/AbC", "https://www.dropbox.com/s/AbC", "https://gofile.io/d/AbC",
        "https://we.tl/t-AbC", "https://disk.yandex.ru/d/AbC", "https://photos.app.goo.gl/AbC", "u.pcloud.link/AbC",
        "https://1drv.ms/f/AbC",
    ),
    ReferralKind.SHORT_LINK: (
        "https://bit.ly/AbC", "tinyurl.com/AbC", "https://goo.gl/AbC", "https://www.facebook.com/share/AbC/",
        "https://www.reddit.com/r/kites/s/AbC",
    ),
    ReferralKind.HIDDEN_SERVICE: ("http://kites0123456789abcdef.onion/", "kites.onion", "www.kites.onion/shop",
    "kites.onion.ly", "kites.i2p"),
    ReferralKind.PROFILE: (
        "https://www.facebook.com/profile.php?id=1", "https://m.facebook.com/people/Kites/1", "https://vk.com/id1",
        "m.vk.com/id1", "https://vk.com/wall1_2", "https://www.reddit.com/user/kites", "old.reddit.com/u/kites",
        "https://t.me/+85512000000", "https://t.me/contact/AbC", "tg://contact?token=AbC",
        "tg://openmessage?user_id=1", "tg://user?id=1",
    ),
    ReferralKind.INVITE: ("https://t.me/+AbCdEf", "t.me/joinchat/AbCdEf", "https://t.me/addlist/AbC",
    "tg:join?invite=AbC"),
    ReferralKind.PRIVATE_CHAT: (
        "https://t.me/c/1/2", "https://t.me/c/1/2?thread=3", "tg://privatepost?channel=1&post=2",
        "tg://openmessage?chat_id=1", "tg://boost?channel=1",
    ),
    ReferralKind.BOT: ("@kites_bot", "https://t.me/kites_bot?start=1", "https://t.me/kites_bot/app"),
}  # fmt: skip


def test_every_kind_has_its_cases() -> None:
    assert set(REFUSED) == set(ReferralKind)


@pytest.mark.parametrize(("kind", "pasted"), [(kind, pasted) for kind, all_ in REFUSED.items() for pasted in all_])
@pytest.mark.parametrize("platform", [None, Platform.PAGE])
def test_what_is_never_watched_says_why_in_one_line(kind: ReferralKind, pasted: str, platform: Platform | None) -> None:
    with pytest.raises(NotWatchable) as refusal:
        recognise(pasted, platform=platform)
    line = str(refusal.value)
    assert refusal.value.kind is kind
    assert "\n" not in line
    assert "AbC" not in line + refusal.value.referral
    assert line.endswith(".")
    with pytest.raises(NotWatchable):
        recognise_linked(pasted)


@pytest.mark.parametrize(
    "pasted",
    ["https://box.com/", "https://notx.com/", "https://x.com.example/", "https://mega.nz.example/", "kites-line.me"],
)
def test_a_name_that_only_looks_so_is_a_page(pasted: str) -> None:
    assert recognise(pasted).platform is Platform.PAGE


@pytest.mark.parametrize(
    "link",
    ["t.me/tin_kites/123", "https://t.me/tin_kites/12?single", "https://t.me/tin_kites/12?comment=7",
     "t.me/tin_kites/3/45",
     "https://t.me/tin_kites/12?thread=3", "https://t.me/s/tin_kites/12", "https://tin_kites.t.me/12",
     "telegram.me/tin_kites/1",
     "tg://resolve?domain=tin_kites&post=12&single", "tg:resolve?domain=tin_kites&post=1&comment=2&thread=3"],
)  # fmt: skip
def test_a_link_to_a_post_on_telegram_names_its_channel(link: str) -> None:
    assert recognise_linked(link).canonical == "https://t.me/s/tin_kites"
    with pytest.raises(BadLocator, match="add @tin_kites"):
        recognise(link)


@pytest.mark.parametrize(
    "pasted",
    [
        "https://web.telegram.org/k/",
        "https://web.telegram.org/a/#-1001234",
        "https://web.telegram.org/k/#123",
        "web.telegram.org",
    ],
)
def test_the_web_client_s_numbers_name_no_channel(pasted: str) -> None:
    with pytest.raises(BadLocator, match="paste @name"):
        recognise(pasted)


def test_a_copy_that_names_no_page_is_refused() -> None:
    for pasted in (
        "https://www.google.com/amp/",
        "https://cdn.cdn.ampproject.org/",
        "https://www.google.com/amp/s/t.me",
    ):
        with pytest.raises(BadLocator):
            recognise(pasted)


hosts = st.sampled_from(
    ["t.me", "www.facebook.com", "m.vk.com", "old.reddit.com", "bsky.app", "boards.4chan.org", "kites.example",
     "youtube.com",
     "127.0.0.1:9", "www.google.com/amp/s", "a.cdn.ampproject.org/c", "m.youtube.com"]
)  # fmt: skip
steps = st.lists(
    st.sampled_from(
        ["s", "r", "c", "@kites", "kites", "profile", "kites.bsky.social", "board", "thread", "12", "posts",
         "wall-1_2", "club1",
         "id1", UC, "channel", "feed", "t", "users", "statuses", "t.me", "vk.com", "amp", "%2e", "kites@b.example",
         "index.rss"]
    ),
    max_size=5,
).map("/".join)  # fmt: skip
queries = st.sampled_from(["", "?utm_source=x", "?id=1&si=2", "?w=wall-1_2", "#x", "?before=7"])


@given(hosts, steps, queries, st.sampled_from([None, *READERS]))
def test_a_canonical_form_is_its_own_on_every_platform(
    host: str, path: str, query: str, platform: Platform | None
) -> None:
    for read in (lambda text: recognise(text, platform=platform), recognise_linked):
        try:
            locator = read(f"https://{host}/{path}{query}")
        except (BadLocator, NotWatchable):
            continue
        assert recognise(locator.canonical, platform=locator.platform) == locator
        assert len({locator.canonical, *locator.twins}) == 4
