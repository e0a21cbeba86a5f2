"""Cuts the fonts of labels, engine/fulfilment/labels/letters/*.ttf, out of DejaVu 2.37: the alphabets that labels have,
without what only text processors use.

    apt-get install fonts-dejavu-extra && pip install fonttools
    python tests/data/cut_fonts.py /usr/share/fonts/truetype/dejavu
"""

import sys
from pathlib import Path

from fontTools import subset

FOLDER = Path(__file__).parents[2] / "engine" / "fulfilment" / "labels" / "letters"
NAMES = ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf")
LETTERS = {
    "Latin": "U+0020-007E, U+00A0-024F, U+0259, U+02B9-02DD, U+0300-036F, U+1E00-1EFF, U+FB00-FB06",
    "Greek": "U+0370-03FF, U+1F00-1FFF",
    "Cyrillic": "U+0400-052F",
    "Armenian": "U+0531-058F, U+FB13-FB17",
    "Georgian": "U+10A0-10FF",
    "signs": "U+2010-2027, U+202F-205E, U+20A0-20BF, U+2116, U+2122, U+2190-2193, U+2212, U+25A1, U+FFFD",
}
DROPPED = ["FFTM", "GDEF", "GPOS", "GSUB", "kern"]


def main() -> None:
    options = subset.Options(layout_features=[], notdef_outline=True, hinting=False)
    options.drop_tables += DROPPED
    for name in NAMES:
        font = subset.load_font(str(Path(sys.argv[1]) / name), options)
        cut = subset.Subsetter(options)
        cut.populate(unicodes=subset.parse_unicodes(", ".join(LETTERS.values()).replace(", ", ",")))
        cut.subset(font)
        subset.save_font(font, str(FOLDER / name), options)


if __name__ == "__main__":
    main()
