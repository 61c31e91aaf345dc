"""Language codes: what one looks like [BCP 47], which two letters are a language [ISO 639-1], and what ID3 calls it."""

import re

from pitchcast.errors import UsageError

MISTAKE = "must be a language code such as en or de-CH"
UNKNOWN_TO_ID3 = "XXX"  # [ID3v2.4, section 4.10]

_TAG = re.compile(r"([A-Za-z]{2,3})(-[A-Za-z0-9]{1,8})*")
_ISO_639 = """
aa=aar ab=abk ae=ave af=afr ak=aka am=amh an=arg ar=ara as=asm av=ava ay=aym az=aze ba=bak be=bel bg=bul bh=bih
bi=bis bm=bam bn=ben bo=tib br=bre bs=bos ca=cat ce=che ch=cha co=cos cr=cre cs=cze cu=chu cv=chv cy=wel da=dan
de=ger dv=div dz=dzo ee=ewe el=gre en=eng eo=epo es=spa et=est eu=baq fa=per ff=ful fi=fin fj=fij fo=fao fr=fre
fy=fry ga=gle gd=gla gl=glg gn=grn gu=guj gv=glv ha=hau he=heb hi=hin ho=hmo hr=hrv ht=hat hu=hun hy=arm hz=her
ia=ina id=ind ie=ile ig=ibo ii=iii ik=ipk io=ido is=ice it=ita iu=iku ja=jpn jv=jav ka=geo kg=kon ki=kik kj=kua
kk=kaz kl=kal km=khm kn=kan ko=kor kr=kau ks=kas ku=kur kv=kom kw=cor ky=kir la=lat lb=ltz lg=lug li=lim ln=lin
lo=lao lt=lit lu=lub lv=lav mg=mlg mh=mah mi=mao mk=mac ml=mal mn=mon mr=mar ms=may mt=mlt my=bur na=nau nb=nob
nd=nde ne=nep ng=ndo nl=dut nn=nno no=nor nr=nbl nv=nav ny=nya oc=oci oj=oji om=orm or=ori os=oss pa=pan pi=pli
pl=pol ps=pus pt=por qu=que rm=roh rn=run ro=rum ru=rus rw=kin sa=san sc=srd sd=snd se=sme sg=sag si=sin sk=slo
sl=slv sm=smo sn=sna so=som sq=alb sr=srp ss=ssw st=sot su=sun sv=swe sw=swa ta=tam te=tel tg=tgk th=tha ti=tir
tk=tuk tl=tgl tn=tsn to=ton tr=tur ts=tso tt=tat tw=twi ty=tah ug=uig uk=ukr ur=urd uz=uzb ve=ven vi=vie vo=vol
wa=wln wo=wol xh=xho yi=yid yo=yor za=zha zh=chi zu=zul
"""  # two letters of ISO 639-1, three of ISO 639-2/B
_THREE_LETTERS = dict(pair.split("=") for pair in _ISO_639.split())


def is_language(code: str) -> bool:
    """Return whether *code* is a language, with script, region or variants behind it or without.

    Of two letters they must be in ISO 639-1; codes of three letters are too many for a list.
    """
    found = _TAG.fullmatch(code)
    return found is not None and (len(found[1]) == 3 or found[1].lower() in _THREE_LETTERS)


def check_language(code: str, what: str) -> str:
    """Return *code*. Raises UsageError naming *what* where it is not a language."""
    if not is_language(code):
        raise UsageError(f"{what}: “{code}” {MISTAKE}", hint="Take the code from the list of ISO 639-1.")
    return code


def file_name(code: str) -> str:
    """Return a code as files are called that hold its words, such as ``de-ch``; "" where it is not a language."""
    tag = code.lower().replace("_", "-")
    return tag if _TAG.fullmatch(tag) else ""


def primary_language(code: str) -> str:
    """Return the language alone, in small letters, without script, region and variants: ``de`` of ``de-CH``."""
    return code.lower().replace("_", "-").partition("-")[0]


def for_id3(code: str) -> str:
    """Return the three letters by which ID3 knows a language [ISO 639-2/B]; ``XXX`` where there are none."""
    primary = primary_language(code)
    return primary if len(primary) == 3 else _THREE_LETTERS.get(primary, UNKNOWN_TO_ID3)
