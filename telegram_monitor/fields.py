"""
Name every field of the layer, within a message, that can hold media: read by `carriers`, or left for a reason.

A test walks the installed layer and fails where a field is in neither table.
"""

from __future__ import annotations

READ = frozenset({
    "Document.thumbs",
    "Game.document",
    "Game.photo",
    "Message.media",
    "Message.rich_message",
    "MessageExtendedMedia.media",
    "MessageMediaDocument.alt_documents",
    "MessageMediaDocument.document",
    "MessageMediaDocument.video_cover",
    "MessageMediaGame.game",
    "MessageMediaInvoice.extended_media",
    "MessageMediaPaidMedia.extended_media",
    "MessageMediaPhoto.photo",
    "MessageMediaPhoto.video",
    "MessageMediaPoll.attached_media",
    "MessageMediaPoll.poll",
    "MessageMediaPoll.results",
    "MessageMediaWebPage.webpage",
    "Page.documents",
    "Page.photos",
    "Photo.sizes",
    "Poll.answers",
    "PollAnswer.media",
    "PollResults.solution_media",
    "RichMessage.documents",
    "RichMessage.photos",
    "WebPage.attributes",
    "WebPage.cached_page",
    "WebPage.document",
    "WebPage.photo",
    "WebPageAttributeStickerSet.stickers",
    "WebPageAttributeTheme.documents",
})  # fmt: skip
_STORY = "stories are never fetched; which one it is, is among the post's particulars"
_GIFT = "drawn by Telegram, not by whoever posts"
LEFT = {
    "Document.video_thumbs": "a moving preview of the very video that is read",
    "MessageExtendedMediaPreview.thumb": "not paid for: a blur that travels inside the message, and nothing to fetch",
    "MessageMediaInvoice.photo": "lies on a server of the seller's choice, which is never contacted",
    "MessageMediaStory.story": _STORY,
    "MessageReplyHeader.reply_media": "somebody else's post, quoted above an answer",
    "Photo.video_sizes": "moving portraits only; the photo itself is read",
    "StarGift.sticker": _GIFT,
    "StarGiftAttributeModel.document": _GIFT,
    "StarGiftAttributePattern.document": _GIFT,
    "StoryItem.media": _STORY,
    "StoryItem.music": _STORY,
    "WallPaper.document": "the background of a chat, no part of a post",
    "WebPageAttributeStarGiftCollection.icons": _GIFT,
    "WebPageAttributeStory.story": _STORY,
}
