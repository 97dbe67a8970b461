# ruff: noqa: E501  (bilingual texts and tables)
"""Predefined XMP schemas: which properties exist and what type they have, per edition.

Written from the public XMP specifications (January 2004 for part 1; September 2005 for parts 2 and 3).
Compact form: per namespace the properties as ``name:Type``; ``+`` marks what only the 2005 edition has,
``-`` what only the 2004 edition has. Types: simple type names, ``bag X``, ``seq X``, ``alt X``, ``lang alt``, or a structure
of :data:`STRUCTURES`. Choices are written as their base type, since their values are not enforced.
"""

from __future__ import annotations

from functools import lru_cache

PREDEFINED = """
@dc http://purl.org/dc/elements/1.1/
contributor:bag Text, coverage:Text, creator:seq Text, date:seq Date, description:lang alt, format:MIMEType,
identifier:Text, language:bag Locale, publisher:bag Text, relation:bag Text, rights:lang alt, source:Text,
subject:bag Text, title:lang alt, type:bag Text
@xmp http://ns.adobe.com/xap/1.0/
Advisory:bag XPath, BaseURL:URL, CreateDate:Date, CreatorTool:Text, Identifier:bag Text, MetadataDate:Date,
ModifyDate:Date, Nickname:Text, Thumbnails:alt Thumbnail, +Label:Text, +Rating:Real
@xmpRights http://ns.adobe.com/xap/1.0/rights/
Certificate:URL, Marked:Boolean, Owner:bag Text, UsageTerms:lang alt, WebStatement:URL
@xmpMM http://ns.adobe.com/xap/1.0/mm/
DerivedFrom:ResourceRef, DocumentID:URI, History:seq ResourceEvent, InstanceID:URI, ManagedFrom:ResourceRef,
Manager:Text, ManageTo:URI, ManageUI:URI, ManagerVariant:Text, RenditionClass:Text, RenditionParams:Text,
VersionID:Text, Versions:seq Version, LastURL:URL, RenditionOf:ResourceRef, SaveID:Integer
@xmpBJ http://ns.adobe.com/xap/1.0/bj/
JobRef:bag Job
@xmpTPg http://ns.adobe.com/xap/1.0/t/pg/
MaxPageSize:Dimensions, NPages:Integer, +Fonts:bag Font, +Colorants:seq Colorant, +PlateNames:seq Text
@xmpDM http://ns.adobe.com/xmp/1.0/DynamicMedia/
+projectRef:ProjectLink, +videoFrameRate:Text, +videoFrameSize:Dimensions, +videoPixelAspectRatio:Rational,
+videoPixelDepth:Text, +videoColorSpace:Text, +videoAlphaMode:Text, +videoAlphaPremultipleColor:Colorant,
+videoAlphaUnityIsTransparent:Boolean, +videoCompressor:Text, +videoFieldOrder:Text, +pullDown:Text,
+audioSampleRate:Integer, +audioSampleType:Text, +audioChannelType:Text, +audioCompressor:Text,
+speakerPlacement:Text, +fileDataRate:Rational, +tapeName:Text, +altTapeName:Text, +startTimecode:Timecode,
+altTimecode:Timecode, +duration:Time, +scene:Text, +shotName:Text, +shotDate:Date, +shotLocation:Text,
+logComment:Text, +markers:seq Marker, +contributedMedia:bag Media, +absPeakAudioFilePath:URI,
+relativePeakAudioFilePath:URI, +videoModDate:Date, +audioModDate:Date, +metadataModDate:Date, +artist:Text,
+album:Text, +trackNumber:Integer, +genre:Text, +copyright:Text, +releaseDate:Date, +composer:Text,
+engineer:Text, +tempo:Real, +instrument:Text, +introTime:Time, +outCue:Time, +relativeTimestamp:Time,
+loop:Boolean, +numberOfBeats:Real, +key:Text, +stretchMode:Text, +timeScaleParams:timeScaleStretch,
+resampleParams:resampleStretch, +beatSpliceParams:beatSpliceStretch, +timeSignature:Text, +scaleType:Text
@pdf http://ns.adobe.com/pdf/1.3/
Keywords:Text, PDFVersion:Text, Producer:Text
@photoshop http://ns.adobe.com/photoshop/1.0/
AuthorsPosition:Text, CaptionWriter:Text, Category:Text, City:Text, Country:Text, Credit:Text, DateCreated:Date,
Headline:Text, Instructions:Text, Source:Text, State:Text, -SupplementalCategories:Text, +SupplementalCategories:bag Text,
TransmissionReference:Text, Urgency:Integer
@crs http://ns.adobe.com/camera-raw-settings/1.0/
+AutoBrightness:Boolean, +AutoContrast:Boolean, +AutoExposure:Boolean, +AutoShadows:Boolean, +BlueHue:Integer,
+BlueSaturation:Integer, +Brightness:Integer, +CameraProfile:Text, +ChromaticAberrationB:Integer,
+ChromaticAberrationR:Integer, +ColorNoiseReduction:Integer, +Contrast:Integer, +CropTop:Real, +CropLeft:Real,
+CropBottom:Real, +CropRight:Real, +CropAngle:Real, +CropWidth:Real, +CropHeight:Real, +CropUnits:Integer,
+Exposure:Real, +GreenHue:Integer, +GreenSaturation:Integer, +HasCrop:Boolean, +HasSettings:Boolean,
+LuminanceSmoothing:Integer, +RawFileName:Text, +RedHue:Integer, +RedSaturation:Integer, +Saturation:Integer,
+Shadows:Integer, +ShadowTint:Integer, +Sharpness:Integer, +Temperature:Integer, +Tint:Integer,
+ToneCurve:seq Text, +ToneCurveName:Text, +Version:Text, +VignetteAmount:Integer, +VignetteMidpoint:Integer,
+WhiteBalance:Text
@aux http://ns.adobe.com/exif/1.0/aux/
+Lens:Text, +SerialNumber:Text
@tiff http://ns.adobe.com/tiff/1.0/
ImageWidth:Integer, ImageLength:Integer, BitsPerSample:seq Integer, Compression:Integer,
PhotometricInterpretation:Integer, Orientation:Integer, SamplesPerPixel:Integer, PlanarConfiguration:Integer,
YCbCrSubSampling:seq Integer, YCbCrPositioning:Integer, XResolution:Rational, YResolution:Rational,
ResolutionUnit:Integer, TransferFunction:seq Integer, WhitePoint:seq Rational, PrimaryChromaticities:seq Rational,
YCbCrCoefficients:seq Rational, ReferenceBlackWhite:seq Rational, DateTime:Date, ImageDescription:lang alt,
Make:Text, Model:Text, Software:Text, Artist:Text, Copyright:lang alt
@exif http://ns.adobe.com/exif/1.0/
ExifVersion:Text, FlashpixVersion:Text, ColorSpace:Integer, ComponentsConfiguration:seq Integer,
CompressedBitsPerPixel:Rational, PixelXDimension:Integer, PixelYDimension:Integer, -MakerNote:Text,
UserComment:lang alt, RelatedSoundFile:Text, DateTimeOriginal:Date, DateTimeDigitized:Date, ExposureTime:Rational,
FNumber:Rational, ExposureProgram:Integer, SpectralSensitivity:Text, ISOSpeedRatings:seq Integer, OECF:OECF/SFR,
ShutterSpeedValue:Rational, ApertureValue:Rational, BrightnessValue:Rational, ExposureBiasValue:Rational,
MaxApertureValue:Rational, SubjectDistance:Rational, MeteringMode:Integer, LightSource:Integer, Flash:Flash,
FocalLength:Rational, SubjectArea:seq Integer, FlashEnergy:Rational, SpatialFrequencyResponse:OECF/SFR,
FocalPlaneXResolution:Rational, FocalPlaneYResolution:Rational, FocalPlaneResolutionUnit:Integer,
SubjectLocation:seq Integer, ExposureIndex:Rational, SensingMethod:Integer, FileSource:Integer, SceneType:Integer,
CFAPattern:CFAPattern, CustomRendered:Integer, ExposureMode:Integer, WhiteBalance:Integer,
DigitalZoomRatio:Rational, FocalLengthIn35mmFilm:Integer, SceneCaptureType:Integer, GainControl:Integer,
Contrast:Integer, Saturation:Integer, Sharpness:Integer, DeviceSettingDescription:DeviceSettings,
SubjectDistanceRange:Integer, ImageUniqueID:Text, GPSVersionID:Text, GPSLatitude:GPSCoordinate,
GPSLongitude:GPSCoordinate, GPSAltitudeRef:Integer, GPSAltitude:Rational, GPSTimeStamp:Date, GPSSatellites:Text,
GPSStatus:Text, -GPSMeasureMode:Integer, +GPSMeasureMode:Text, GPSDOP:Rational, GPSSpeedRef:Text, GPSSpeed:Rational, GPSTrackRef:Text,
GPSTrack:Rational, GPSImgDirectionRef:Text, GPSImgDirection:Rational, GPSMapDatum:Text,
GPSDestLatitude:GPSCoordinate, GPSDestLongitude:GPSCoordinate, GPSDestBearingRef:Text, GPSDestBearing:Rational,
GPSDestDistanceRef:Text, GPSDestDistance:Rational, GPSProcessingMethod:Text, GPSAreaInformation:Text,
GPSDifferential:Integer
@pdfaid http://www.aiim.org/pdfa/ns/id/
part:Integer, conformance:Text, amd:Text, +corr:Text
@pdfaExtension http://www.aiim.org/pdfa/ns/extension/
schemas:Any
"""

STRUCTURES = """
@ResourceRef http://ns.adobe.com/xap/1.0/sType/ResourceRef#
instanceID:URI, documentID:URI, versionID:Text, renditionClass:Text, renditionParams:Text, manager:Text,
managerVariant:Text, manageTo:URI, manageUI:URI
@ResourceEvent http://ns.adobe.com/xap/1.0/sType/ResourceEvent#
action:Text, instanceID:URI, parameters:Text, softwareAgent:Text, when:Date
@Version http://ns.adobe.com/xap/1.0/sType/Version#
comments:Text, event:ResourceEvent, modifyDate:Date, modifier:Text, version:Text
@Job http://ns.adobe.com/xap/1.0/sType/Job#
name:Text, id:Text, url:URL
@Dimensions http://ns.adobe.com/xap/1.0/sType/Dimensions#
w:Real, h:Real, unit:Text
@Font http://ns.adobe.com/xap/1.0/sType/Font#
+fontName:Text, +fontFamily:Text, +fontFace:Text, +fontType:Text, +versionString:Text, +composite:Boolean,
+fontFileName:Text, +childFontFiles:seq Text
@Colorant http://ns.adobe.com/xap/1.0/g/
+swatchName:Text, +mode:Text, +type:Text, +cyan:Real, +magenta:Real, +yellow:Real, +black:Real, +red:Integer,
+green:Integer, +blue:Integer, +L:Real, +A:Integer, +B:Integer
@Thumbnail http://ns.adobe.com/xap/1.0/g/img/
height:Integer, width:Integer, format:Text, image:Text
@Flash http://ns.adobe.com/exif/1.0/
Fired:Boolean, Return:Integer, Mode:Integer, Function:Boolean, RedEyeMode:Boolean
@OECF/SFR http://ns.adobe.com/exif/1.0/
Columns:Integer, Rows:Integer, Names:seq Text, Values:seq Rational
@CFAPattern http://ns.adobe.com/exif/1.0/
Columns:Integer, Rows:Integer, Values:seq Integer
@DeviceSettings http://ns.adobe.com/exif/1.0/
Columns:Integer, Rows:Integer, Settings:seq Text
@Time http://ns.adobe.com/xmp/1.0/DynamicMedia/
+value:Integer, +scale:Rational
@Timecode http://ns.adobe.com/xmp/1.0/DynamicMedia/
+timeValue:Text, +timeFormat:Text
@Marker http://ns.adobe.com/xmp/1.0/DynamicMedia/
+startTime:Time, +duration:Time, +comment:Text, +name:Text, +location:URI, +target:Text, +type:Text
@Media http://ns.adobe.com/xmp/1.0/DynamicMedia/
+path:URI, +track:Text, +startTime:Time, +duration:Time, +managed:Boolean, +webStatement:URI
@ProjectLink http://ns.adobe.com/xmp/1.0/DynamicMedia/
+type:Text, +path:URI
@beatSpliceStretch http://ns.adobe.com/xmp/1.0/DynamicMedia/
+useFileBeatsMarker:Boolean, +riseInDecibel:Real, +riseInTimeDuration:Time
@resampleStretch http://ns.adobe.com/xmp/1.0/DynamicMedia/
+quality:Text
@timeScaleStretch http://ns.adobe.com/xmp/1.0/DynamicMedia/
+quality:Text, +frameSize:Real, +frameOverlappingPercentage:Real
"""


def _parse(text: str, edition: int) -> dict[tuple[str, str], dict[str, str]]:
    out: dict[tuple[str, str], dict[str, str]] = {}
    for block in text.split("@")[1:]:
        head, body = block.split("\n", 1)
        label, uri = head.split()
        table = out.setdefault((label, uri), {})
        for item in body.replace("\n", " ").split(","):
            name, _, type_ = item.strip().partition(":")
            only_late, only_early = name.startswith("+"), name.startswith("-")
            if (only_late and edition == 2004) or (only_early and edition == 2005):
                continue
            table[name.lstrip("+-")] = type_
    return out


@lru_cache(maxsize=4)
def properties(part: int) -> dict[tuple[str, str], str]:
    """``{(namespace, name): type}`` of the predefined properties for a part."""
    edition = 2004 if part == 1 else 2005
    return {
        (uri, name): type_
        for (_, uri), table in _parse(PREDEFINED, edition).items()
        for name, type_ in table.items()
    }


@lru_cache(maxsize=4)
def structures(part: int) -> dict[str, tuple[str, dict[str, str]]]:
    """``{lower-case type name: (namespace, {field: type})}`` for a part; empty structures are left out."""
    edition = 2004 if part == 1 else 2005
    return {
        label.lower(): (uri, table) for (label, uri), table in _parse(STRUCTURES, edition).items() if table
    }
