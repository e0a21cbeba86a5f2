"""Papers of parcels: examples, random addresses in the alphabets that labels have, and what scanners read of a page."""

from dataclasses import replace
from datetime import date

import pypdfium2
import zxingcpp
from hypothesis import strategies as st
from PIL import Image

from engine.fulfilment.labels.letters.fonts import EM, font
from engine.fulfilment.labels.page import Area, Page, leading
from engine.fulfilment.labels.paper import DispatchNote, NotedParcel, NoteLine, ParcelLabel, ReturnLabel
from engine.model.postal_address import PostalAddress

SCANNED = [zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode]
SSCC = "334567890000012341"
NODE = PostalAddress(
    company="Hexagone SA", lines=("12 rue de la Paix", "Bâtiment C"), postcode="75002", town="Paris", country="FR"
)
CUSTOMER = PostalAddress(
    name="Mme Jeanne Dupont-Lévêque",
    company="Atelier Lumière",
    lines=("127 bis avenue du Maréchal de Saxe",),
    postcode="69003",
    town="Lyon",
    region="Rhône",
    country="FR",
    phone="+33 6 12 34 56 78",
)
LABEL = ParcelLabel(
    sender=NODE,
    addressee=CUSTOMER,
    sscc=SSCC,
    carrier="Colissimo",
    service="Express 24h",
    tracking_number="6A12345678901",
    grams=2450,
    number=1,
    of=3,
    order="FR-2026-004711",
    packed_on=date(2026, 11, 29),
    qr="https://track.example.com/track/6A12345678901",
    language="fr",
)
RETURN_LABEL = ReturnLabel(
    sender=CUSTOMER,
    addressee=NODE,
    return_id="RMA-2026-000123",
    order="FR-2026-004711",
    issued_on=date(2026, 11, 29),
    until=date(2026, 12, 29),
    language="fr",
)
NOTE = DispatchNote(
    sender=NODE,
    addressee=CUSTOMER,
    order="FR-2026-004711",
    shipment="d-01JDQ4Z6/0",
    carrier="Colissimo",
    service="Express 24h",
    packed_on=date(2026, 11, 29),
    here=(
        NotedParcel(
            number=1,
            sscc=SSCC,
            grams=2450,
            lines=(NoteLine(sku="SKU-1", quantity=2, name="Manteau long"),),
            tracking_number="6A12345678901",
        ),
    ),
    language="fr",
)
ALPHABETS = {
    "Latin": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZàâäçéèêëîïôöùûüßñõåøæœłńśźżčšžřěğışőűățđĐŁŠŽÅØÉÀ"
    "0123456789-'’.,^~_\\>&/",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ0123456789-.",
    "Cyrillic": "абвгдеёжзийклмнопрстуфхцчшщъыьэюяґєіїўџћђљњАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЮЯҐЄІЇ0123456789«»№.",
    "Armenian": "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆևԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ0123456789",
    "Georgian": "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ0123456789-",
}
COUNTRIES = ("FR", "DE", "GB", "US", "GR", "CY", "UA", "BG", "AM", "GE", "JP", "HU", "BR", "SG", "IE", "CH", "ZZ")


def texts(alphabet: str, *, longest: int, least: int = 1) -> st.SearchStrategy[str]:
    """Some words of an alphabet, with one blank between them."""
    word = st.text(st.sampled_from(ALPHABETS[alphabet]), min_size=1, max_size=18)
    words = st.lists(word, min_size=1, max_size=9).map(lambda some: " ".join(some)[:longest].strip())
    return words.filter(lambda text: len(text) >= least)


@st.composite
def addresses(draw: st.DrawFn) -> PostalAddress:
    alphabet = draw(st.sampled_from(sorted(ALPHABETS)))
    has_company = draw(st.booleans())
    return PostalAddress(
        name=draw(texts(alphabet, longest=50)),
        company=draw(texts(alphabet, longest=60)) if has_company else "",
        lines=tuple(draw(st.lists(texts(alphabet, longest=60), min_size=1, max_size=3))),
        postcode=draw(st.text("0123456789ABCDEFGHJ -", max_size=10).map(str.strip)),
        town=draw(texts(alphabet, longest=40)),
        region=draw(st.just("") | texts(alphabet, longest=30)),
        country=draw(st.sampled_from(COUNTRIES)),
        phone=draw(st.just("") | st.text("0123456789 +", min_size=5, max_size=20)),
    )


def labels() -> st.SearchStrategy[ParcelLabel]:
    return st.builds(
        lambda addressee, sscc, tracking, grams, order, language: replace(
            LABEL,
            addressee=addressee,
            sscc=f"{sscc:018}",
            tracking_number=tracking,
            grams=grams,
            order=order,
            language=language,
        ),
        addresses(),
        st.integers(0, 10**18 - 1),
        st.none() | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=8, max_size=30),
        st.integers(1, 70_000),
        st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/.#", min_size=1, max_size=64),
        st.sampled_from(("en", "fr")),
    )


def pictures(pdf: bytes, *, dots_per_mm: int = 8) -> list[Image.Image]:
    """The pages as a printer of that resolution prints them."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.render(scale=dots_per_mm * 25.4 / 72).to_pil().convert("L") for page in document]


def text_of(pdf: bytes) -> str:
    """What can be selected and searched on all pages."""
    return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))


def scanned(picture: Image.Image) -> dict[str, str]:
    """What a scanner sends of each code on a page, by its symbology identifier: `]C1` is GS1-128, `]C0` another Code
    128, `]Q1` a QR code. It looks for these alone, as scanners of parcels are set: in the midst of a Code 128, one that
    looks for everything now and then finds an EAN-13.
    """
    codes = zxingcpp.read_barcodes(picture, formats=SCANNED, text_mode=zxingcpp.TextMode.Plain)
    return {code.symbology_identifier: code.text for code in codes}


def check_page(page: Page) -> None:
    """Raise AssertionError if something on the page is cut off by its edge, wider or higher than its box, or over
    something else.
    """
    edge = Area(0, 0, page.width, page.height)
    areas = [text.area for text in page.texts] + [code.area for code in page.squares] + list(page.rules)
    areas += [
        Area(code.area.left - code.quiet, code.area.top, code.area.width + 2 * code.quiet, code.area.height)
        for code in page.bars
    ]
    for number, area in enumerate(areas):
        assert edge.holds(area), area
        assert not [other for other in areas[:number] if area.overlaps(other)], area
    for text in page.texts:
        assert len(text.lines) * leading(text.size) <= text.area.height, text
        for line in text.lines:
            assert font(is_bold=line.bold).width(line.text) * text.size <= text.area.width * EM, text
