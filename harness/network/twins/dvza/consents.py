"""The screens in which a person sees and withdraws consents without end date."""

from __future__ import annotations

from harness.medmij.releases import Release
from harness.network.twins.dvza import screens
from harness.network.twins.dvza.records import Session
from harness.network.twins.dvza.state import DvzaState, not_found
from harness.network.wire.serving import Outgoing


def manage(dvza: DvzaState, rel: Release) -> Outgoing:
    """The person comes by herself, without a PGO: log in first."""
    his = next(iter(dvza.network.behind(dvza.participant.id)), None)
    if his is None:
        return not_found()
    session = Session(
        id=dvza.new_secret("cookie"),
        browser=dvza.new_secret("cookie"),
        release=rel,
        his=his,
        function="collect",
        client_id="",
        organisation="",
        redirect_uri="",
        state="",
        scope="",
        services=(),
        correlation="",
        created=dvza.clock.now(),
        step="login",
    )
    dvza.remember(session)
    answer = screens.login(dvza, session)
    return Outgoing(
        status=answer.status, headers=(*answer.headers, screens.session_cookie(session)), body=answer.body
    )


def withdraw(dvza: DvzaState, session: Session, fields: dict[str, str]) -> Outgoing:
    """End one consent; everything that came from it stops working."""
    for family, item in list(dvza.consents.items()):
        if item.person == session.person and item.id == fields.get("consent"):
            dvza.consents.pop(family)
            if not dvza.fault("refresh-after-withdrawal", item.client_id):
                dvza.withdrawn.add(family)
    return screens.consents(dvza, session)
