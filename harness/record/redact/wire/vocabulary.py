"""Words of HTTP, OAuth, HTML and TLS, as they stand in headers, addresses, pages: they name nobody."""

from __future__ import annotations

from typing import Final

_WORDS: Final = (
    # names of headers, by their words
    "accel accept access age agent aim alive allow alt amzn api ascii auth authenticate authorization "
    "aws azure backend basic bearer block br bsn bytes cache cachecontrol caching cf ch challenge "
    "charset chunked close cloud cluster compress compression connection content control cookie "
    "correlation cors credentials cross csp csrf current data date debug default deflate delta deny "
    "deprecation device digest dispatch disposition dns dnt do download dpr duration early edge "
    "elapsed embedder encoding envoy etag expect expected expires expose failure fetch fhir filename "
    "forwarded frame from front frontdoor gateway ge gmt gzip headers hit host hsts html http "
    "httponly https identity if im immutable include inline insecure instance io iso json keep key "
    "kong language last lax lb length level limit link location match max medmij memory method miss "
    "mobile mode modified must name nel nginx no noarchive nofollow noindex nonce none nosniff offset "
    "only open opener options origin origins page partitioned path patient percent permissions "
    "permitted platform policies policy powered pragma prefer preference preferred preload priority "
    "private processing product project proto protocol proxied proxy public quality query range rate "
    "ratelimit real redirect referer referrer refresh region rel remaining remote report reporting "
    "request requested reset resource response resubmit retry return revalidate robots roundtrip "
    "route router rtt runtime same samesite sampled save sec secure security self served server "
    "service session set sid site size sniff source sourcemap span ssl stale state status store "
    "strategy strict sts subdomains subject sunset surrogate tag target te timing title token total "
    "trace traceid traceparent tracestate trailer transaction transfer transform transport type ua "
    "uncompressed unless unmodified unsafe upgrade upstream url us user utf validator value vary "
    "version via viewport warning websocket when width with without worker www x xss zstd "
    # media types, charsets, relations
    "alternate alternative any application audio boundary css csv first form gif icon image "
    "javascript jpeg mixed multipart next octet pdf plain png prev previous problem related search "
    "stream svg text urlencoded video wildcard xhtml xml "
    # OAuth, OpenID and SAML
    "access_token acs algs artifact assertion aud audience authorization_code authorize azp callback cb "
    "claims client clients code codes configuration connect consent consents delete denied description "
    "display dpop error errors es exception exp expired get grant grant_type grants head hint hints "
    "hs iat in insufficient introspect invalid iss issuer jti jwks known login logon logout mtls nbf "
    "oauth oidc patch pkce post prompt put realm relay revocation revoke rs saml scope scopes secret signin "
    "signout sso sub temporarily unauthorized unavailable unsupported uri userinfo verifier verify "
    "well "
    # MedMij and the landing pages of a DVZA
    "aanbieder aanvraag action afbreken agree akkoord alle altijd annuleer annuleren apparaat back "
    "begin bevestig bevestigen bevestiging bewaren button cancel choose click collect confirm "
    "continue continued cookies dan dat deel delen digid doorgaan doorgeven dossier dva dvp dvza "
    "eenmalig einddatum einde en enter find forms geef geeft gegevens gegevensdienst gegevensdiensten "
    "geven gezondheid gezondheidsgegevens gezondheidsomgeving haal halen hebt help here hier his home "
    "huisarts huisartsgegevens i ik ingelogd inlog inlogdienst inloggen intrekken ja landing "
    "landingspagina langdurig langdurige long long_term lopende medische melding moment my naar nee "
    "new nl nogmaals now of ok one ontvangen onze ook opgehaald ophalen opnieuw opslaan optional our "
    "over pages patients permission person persoon persoonlijke pgo pgos please praktijk press "
    "provide provider refuse scherm select send services sessie share sharing sign signed stap steeds "
    "step stop storing submit technische term terms terug test testomgeving testpersoon there this to "
    "today toestaan toestemming toestemmingen u uitleg uitloggen uw vanaf verder vervalt verzamelen "
    "verzonnen voor vraag vraagt vragen waarom wachtwoord want we weer weiger weigeren welcome welke "
    "welkom what who why wie wij wil wilt wish worden wordt yes you your zonder zorg zorgaanbieder "
    "zorgverlener "
    # names of fields, and what else pages ask
    "achternaam adres ancestors clientnummer controle datum doctype domains dtd email geboorte "
    "geboortedatum gebruik gebruiker gebruikersnaam huisnummer mail mobiel naam namen nummer "
    "patientnummer pincode postcode sms straat stylesheets telefoon telefoonnummer toegang "
    "transitional tussenvoegsel voornaam voornamen woonplaats "
    # HTML and what its attributes say
    "abbr accesskey address alert area aria article aside async autocapitalize autocomplete autofocus "
    "b base bdi bdo blockquote body btn canvas caption cell center checkbox checked cite class col "
    "colgroup color cols colspan column container contenteditable controls crossorigin danger "
    "datalist datetime dd defer del describedby details dfn dialog dir disabled div dl draggable dt "
    "em embed enctype expanded fieldset figcaption figure file flex fluid font footer for formaction "
    "formenctype formmethod formnovalidate grid group h header height hidden high hr href hreflang id "
    "iframe img initial input inputmode ins integrity ismap item itemprop kbd label labelledby lang "
    "legend li list live loading main map margin mark maxlength media menu meta meter min minlength "
    "multiple nav noscript novalidate number object off ol on onclick onload onsubmit optgroup option "
    "output p param password pattern picture placeholder polite portal pre primary progress q radio "
    "readonly red required role row rows rowspan rp rt ruby s samp scale script second secondary "
    "section selected shape slot small spellcheck src srcdoc srcset start strong style stylesheet "
    "summary sup tabindex table tbody td tel template textarea tfoot th thead time toggle top tr "
    "track translate ul use username var wbr wrap xmlns "
    # TLS, certificates and what clients say of a broken connection
    "abort aborted attempt attempts authority bad broken budget ca cert certificate chain chunk "
    "chunks cipher ciphers closed common complete connecting connections decode decoding decrypt dh "
    "disconnected ecdsa ended eof errno event failed gave getting gone handshake hostname illegal "
    "inappropriate incomplete incorrect internal keys line lines local lookup mac malformed many "
    "message mismatch peer read reading received record refused rejected renegotiation resolve rsa "
    "selfsigned sending sent shutdown signature sni socket sslv3 timed timeout tls tlsv too trailing "
    "unable unexpected unknown unreachable unrecognised unrecognized up verification violation wait "
    "waited waiting weak whole write wrong "
    # published origins and standard words of programs
    "acc affinity antiforgery app apps asp aspnet aspx aspxauth assets be bin browser cgi com "
    "cookieconsent dark dev dist dstu example favicon fe hapi hl htm iana ico ids ietf index info "
    "ingang js jsessionid jsp light locale loinc metadata mijn net netcore nictiz oid org php "
    "phpsessid prod r rest rfc sct sessionid smart snomed static sticky stu theme tracking ucum uid "
    "unitsofmeasure urn uuid v view visit visitor vv ws xsrf "
)
HTTP_WORDS: Final = frozenset(_WORDS.split())
"""Lower case; a name of a header or a cookie, or a token, is known when all its words are."""

HTTP_HOSTS: Final = frozenset(
    {
        "hl7.org", "www.hl7.org", "nictiz.nl", "fhir.nl", "snomed.info", "loinc.org", "unitsofmeasure.org",
        "www.w3.org", "fhir.nictiz.nl", "terminology.hl7.org", "localhost", "127.0.0.1", "[::1]",
    }
)  # fmt: skip
"""Hosts of published names, and this machine."""
