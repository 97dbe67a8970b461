"""The DVZA twin: authorization, token and resource server; strict, every deviation is a named fault.

:mod:`harness.network.twins.dvza.twin` is the whole; :mod:`harness.network.twins.dvza.state` what its servers
share; :mod:`harness.network.twins.dvza.front` leads through the pages,
:mod:`harness.network.twins.dvza.token` exchanges codes and refresh tokens,
:mod:`harness.network.twins.dvza.resource` is the resource server over any HIS. Faults are switched on for
everybody (network file) or for one client while a flow runs.
"""
