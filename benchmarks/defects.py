"""What is known not to convert, by whose fault: each entry is one true sentence on one form of one model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.conversions import Conversion

Known = Mapping[str, Mapping[str, str]]  # what was asked for -> form -> sentence

# By timm's module, at the smallest model's own size.
AT_OWN_SIZE: Known = {}
# By the name that was asked for, at 1080x1920.
AT_1080: Known = {
    "efficientformer_l1": {"onnx": "its attention is written for 7x7 cells, so that it takes frames of 224x224 alone"},
}


def failures(conversion: Conversion) -> dict[str, str]:
    """Form to error; one that another form ended in before it is not told again."""
    seen: dict[str, str] = {}
    for form in conversion.forms:
        if form.error is not None and form.error not in seen.values():
            seen[form.name] = form.error
    return seen


def unknown(asked: str, conversion: Conversion, known: Known) -> list[str]:
    """The forms that fail and are not in the table."""
    return [form for form in failures(conversion) if form not in known.get(asked, {})]


def mended(asked: str, conversion: Conversion, known: Known) -> Iterator[str]:
    """A sentence on each entry of the table that no longer fails."""
    failed = failures(conversion)
    for form in known.get(asked, {}):
        if form not in failed and conversion.form(form) is not None:
            yield f"{asked} no longer fails as {form}: take it out of benchmarks/defects.py"
