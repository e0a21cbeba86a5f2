"""EDI messages as their guides show them (EANCOM 1997 and 2002 of GS1; X12 004010 as 3PLs publish it); the firms are
made up.
"""

INVRPT_D96A = (
    b"UNA:+.? '\n"
    b"UNB+UNOC:3+4000000000001:14+4000000000002:14+261127:0830+REF1'\n"
    b"UNH+1+INVRPT:D:96A:UN:EAN004'\n"
    b"BGM+35+INV-4711+9'\n"
    b"DTM+137:202611270815:203'\n"
    b"DTM+366:20261126:102'\n"
    b"NAD+WH+4000000000099::9'\n"
    b"LIN+1++4012345000009:EN'\n"
    b"IMD+F++:::Chemise d?'homme ?+ col?: 38?:40'\n"
    b"QTY+145:48:PCE'\n"
    b"QTY+198:2:PCE'\n"
    b"LIN+2++4012345000016:EN'\n"
    b"QTY+145:12:CT'\n"
    b"UNT+12+1'\n"
    b"UNZ+1+REF1'\n"
)
DESADV_D96A = (
    b"UNB+UNOA:3+4000000000099:14+4000000000002:14+261127:0915+77'"
    b"UNH+1+DESADV:D:96A:UN:EAN005'BGM+351+DES-88+9'DTM+137:20261127:102'DTM+11:202611271700:203'"
    b"RFF+ON:PO-4711'NAD+SU+4000000000099::9'NAD+DP+4000000000001::9'"
    b"CPS+1'PAC+2++201'"
    b"CPS+2+1'PAC+1++201'PCI+33E'GIN+BJ+340123450000000017'LIN+1++4012345000009:EN'QTY+12:20'"
    b"CPS+3+1'PAC+1++201'PCI+33E'GIN+BJ+340123450000000024'LIN+2++4012345000009:EN'QTY+12:4'"
    b"LIN+3++4012345000016:EN'PIA+1+HAT:SA'QTY+12:6'"
    b"CNT+2:3'UNT+26+1'UNZ+1+77'"
)
ORDERS_D01B = (
    b"UNB+UNOC:3+4000000000002:14+4000000000099:14+261127:1000+78'"
    b"UNH+1+ORDERS:D:01B:UN:EAN010'BGM+220+W-900001+9'DTM+137:20261127:102'DTM+2:20261130:102'"
    b"NAD+BY+4000000000002::9'NAD+DP+++Mme Zo\xe9 L'...'".replace(b"L'...", b"L?'Hermite")
    + b"LIN+1++4012345000009:EN'PIA+1+SHIRT-M:SA'QTY+21:2'PRI+AAA:19.90'"
    b"LIN+2++4012345000016:EN'QTY+21:1'PRI+AAA:9.5'"
    b"UNS+S'CNT+2:2'UNT+16+1'UNZ+1+78'"
)
ISA = b"ISA*00*          *00*          *ZZ*WAREHOUSE      *ZZ*POINTSMAN      *261127*0830*U*00401*000000905*0*P*>~"


def x12(code: bytes, kind: bytes, *segments: bytes) -> bytes:
    """One message in its envelopes, with the right counts."""
    body = [b"ST*" + kind + b"*0001", *segments, b"SE*%d*0001" % (len(segments) + 2)]
    envelope = [
        b"GS*" + code + b"*WAREHOUSE*POINTSMAN*20261127*0830*905*X*004010",
        *body,
        b"GE*1*905",
        b"IEA*1*000000905",
    ]
    return ISA + b"".join(segment + b"~" for segment in envelope)


X12_945 = x12(
    b"SW",
    b"945",
    b"W06*F*W-900001*20261127*SHP-1**4896833",
    b"N1*ST*ZOE LHERMITE*92*10333648",
    b"N3*4 RUE DES LILAS",
    b"N4*LYON**69003*FR",
    b"N9*BM*BOL-1",
    b"G62*11*20261127*8*1702",
    b"W27*M*UPSN*UPS GROUND*PP",
    b"LX*1",
    b"MAN*GM*00340123450000000017*R*1Z999AA10123456784",
    b"W12*CC*2*2**EA**VN*SHIRT-M",
    b"W12*SH*3*1*-2*EA**VN*HAT",
    b"LX*2",
    b"MAN*GM*00340123450000000024",
    b"W12*CC*1*1**EA*614141000012*UP*SOCK",
    b"W03*4*1200*GR",
)
X12_846 = x12(
    b"IB",
    b"846",
    b"BIA*00*SI*INV-1*20261127*0815",
    b"DTM*405*20261127*0815",
    b"N1*WH**92*LYON",
    b"LIN*1*UP*614141000012*VN*SHIRT-M",
    b"QTY*33*48*EA",
    b"QTY*QH*2*EA",
    b"LIN*2*VN*HAT",
    b"QTY*33*12*CA",
    b"CTT*2",
)
X12_856 = x12(
    b"SH",
    b"856",
    b"BSN*00*SHP-1*20261127*1702*0001",
    b"HL*1**S",
    b"REF*CN*1Z999AA10123456784",
    b"DTM*011*20261127",
    b"HL*2*1*O",
    b"PRF*PO-4711",
    b"HL*3*2*P",
    b"MAN*GM*00340123450000000017",
    b"HL*4*3*I",
    b"LIN**VN*SHIRT-M",
    b"SN1**3*EA",
    b"HL*5*3*I",
    b"LIN**VN*HAT",
    b"SN1**1*EA",
    b"HL*6*1*O",
    b"PRF*PO-4712",
    b"HL*7*6*I",
    b"LIN**VN*SOCK",
    b"SN1**5*EA",
    b"CTT*7",
)
X12_850 = x12(
    b"PO",
    b"850",
    b"BEG*00*SA*PO-4711**20261127",
    b"N1*ST*ZOE LHERMITE",
    b"PO1*1*2*EA*19.9*PE*VN*SHIRT-M*UP*614141000012",
    b"PO1*2*1*EA*9.5*PE*VN*HAT",
    b"CTT*2",
)


def counts_by_invrpt(name: str, reads: str, more: str = "") -> str:
    """The file of a connector that reads INVRPT_D96A, from where `reads` says, and answers it; `more` is what it says
    beside that.
    """
    return f"""\
connector: {name}
owner: logistics
because: {{en: The warehouse reports its stock}}
kind: counts
reads: {reads}
format: {{edifact: {{rows: LIN, messages: INVRPT}}}}
fields:
  node: {{value: lyon}}
  sku: {{from: LIN.EN.=, words: {{"4012345000009": RARE, "4012345000016": COAT}}, else: NOSUCH}}
  on_hand: QTY.145.0.1
  at: {{from: /DTM.137.0.1, date: "203", zone: Europe/Paris}}
answers: CONTRL
{more}"""
