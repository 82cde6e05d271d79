"""Any record with texts that would be code if they were not text, in every string field."""

import msgspec

PAYLOADS = {
    "ends of elements": "</script></style></title></svg>]]>--><script>window.ran=1</script>",
    "elements": "<img src=x onerror=window.ran=1><svg onload=window.ran=1><iframe srcdoc=x>",
    "attributes": "\" ' ` onmouseover=window.ran=1 style=position:fixed autofocus onfocus=ran=1",
    "addresses": "javascript:window.ran=1 data:text/html,<script>window.ran=1</script>",
    "templates and formulas": "{{ 7*7 }} {% raw %} ${7*7} $\\frac$ _x =cmd|'/c x'!A1 &lt;b&gt;",
    "controls": "\x00\x07\x1b[31m\u202eabc\u2028\ud7ff\ufffe\r\n\t",
}


def injected(record, turn=0, kept=()):
    """The record with a payload at the end of every text that may be any text, and those texts.

    The i-th text gets payload ``i + turn``. Equal texts stay equal, so that what names a thing
    still names it. Texts of closed sets, and names of fields, stay as they are.
    """
    document, kind = msgspec.to_builtins(record), type(record)
    payloads = list(PAYLOADS.values())
    changes = {}
    for i, text in enumerate(sorted({*texts(document)} - {*kept})):
        change = {text: f"{text}{payloads[(i + turn) % len(payloads)]}"}
        if valid(changed(document, change), kind):
            changes |= change
    return msgspec.convert(changed(document, changes), kind), list(changes.values())


def valid(document, kind):
    try:
        msgspec.convert(document, kind)
    except msgspec.ValidationError:
        return False
    return True


def texts(part):
    """Every text of a document, keys of mappings too."""
    if isinstance(part, dict):
        for key, value in part.items():
            yield from (key, *texts(value))
    elif isinstance(part, list | tuple):
        for value in part:
            yield from texts(value)
    elif isinstance(part, str):
        yield part


def changed(part, changes):
    if isinstance(part, dict):
        return {changes.get(key, key): changed(value, changes) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [changed(value, changes) for value in part]
    return changes.get(part, part) if isinstance(part, str) else part
