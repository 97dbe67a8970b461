"""Resource: the CapabilityStatement and the queries of the standard, with the access token."""

from __future__ import annotations

from urllib.parse import urlsplit

from harness.medmij.flows import Variant
from harness.medmij.headers import CORRELATION_ID, REQUEST_ID
from harness.network.drive import queries
from harness.network.drive.session import FlowSession, Stop


class Resource:
    """The resource server of a flow, as its PGO uses it."""

    def __init__(self, session: FlowSession) -> None:
        self._session = session

    def metadata(self) -> None:
        """Ask the CapabilityStatement.

        :raises Stop: the host may not be talked to.
        """
        session = self._session
        base = queries.resource_base(session).rstrip("/")
        if not session.pgo.allowed_host(session.release, urlsplit(base).hostname or ""):
            raise Stop
        accept = f"application/fhir+json; fhirVersion={session.standard.fhir_version}"
        headers = [("Accept", accept), ("Authorization", f"Bearer {session.values['token']}")]
        if session.release.correlation:
            headers += [(REQUEST_ID, session.new_id()), (CORRELATION_ID, session.values["correlation"])]
        session.send(
            session.pgo.back(),
            "GET",
            f"{base}/metadata",
            headers,
            interface="resource",
            operation="fhir-metadata",
            person=session.person,
            timeout=queries.TIMEOUT,
        )

    def all_queries(self) -> None:
        """Send every query of the standard.

        :raises Stop: the granted scope does not have the service.
        """
        self._check_scope(nothing_granted=False)
        queries.run(self._session)

    def first_query(self, variant: Variant) -> None:
        """Send the first query only, changed as the variant says.

        :raises Stop: the granted scope does not have the service.
        """
        # A scope without services says nothing by itself, except when our DVZA twin granted none.
        self._check_scope(nothing_granted="token-no-services" in variant.server)
        if variant.resource.wait:
            self._session.wait(variant.resource.wait)
            self._session.ignore_expiry = True
        queries.run(self._session, first_only=True, step=variant.resource)

    def _check_scope(self, *, nothing_granted: bool) -> None:
        session = self._session
        granted = session.granted
        if granted is None or session.service.id in granted or session.pgo.fault("ignore-granted-scope"):
            return
        if granted or (session.release.correlation and nothing_granted):
            raise Stop
