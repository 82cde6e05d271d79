"""What a page is made of, read by a parser that minds what is left open."""

from html.parser import HTMLParser

VOID = {"meta", "br", "path", "use", "rect", "image", "input", "hr"}


class Outline(HTMLParser):
    """Tags, ids and text of a page; ``open`` is what was never closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.text, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [v for k, v in attrs if k == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
