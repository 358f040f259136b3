"""Pages as a browser would read them, without one."""

from html.parser import HTMLParser


class Reader(HTMLParser):
    """Collects elements, texts, ids and everything a browser might ask for."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.ids, self.asked = [], [], [], []
        self.scripts = {}
        self._script = None

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.asked += [given[key] for key in ("src", "href", "xlink:href") if key in given]
        if tag == "script":
            self._script = given.get("id", "own")

    def handle_endtag(self, tag):
        if tag == "script":
            self._script = None

    def handle_data(self, data):
        if self._script is None:
            self.texts.append(data)
        else:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data


def read(path):
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader
