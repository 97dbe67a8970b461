// Walks a FHIR server with fhir-kit-client; prints what it saw as one JSON object.
// node fhir-client.mjs BASE
import { Client } from 'fhir-kit-client';

const client = new Client({ baseUrl: process.argv[2] });
const seen = {};

async function refused(call) {
  try {
    await call();
    return 'accepted';
  } catch (error) {
    return [error.response?.status, error.response?.data?.resourceType];
  }
}

const statement = await client.capabilityStatement();
seen.version = statement.fhirVersion;

const ids = [];
let page = await client.search({ resourceType: 'Observation', searchParams: { _count: 1, _sort: 'date' } });
seen.total = page.total;
let last = page;
while (page) {
  ids.push(...page.entry.map((entry) => entry.resource.id));
  last = page;
  page = await client.nextPage({ bundle: page });
}
seen.pages = ids;
seen.previous = (await client.prevPage({ bundle: last })).entry.map((entry) => entry.resource.id);
seen.posted = (await client.search({
  resourceType: 'Observation', searchParams: { code: '85354-9' }, options: { postSearch: true },
})).total;
seen.system = (await client.systemSearch({ searchParams: { _type: 'Encounter,EpisodeOfCare' } })).total;
seen.compartment = (await client.compartmentSearch({
  resourceType: 'Observation', compartment: { resourceType: 'Patient', id: 'p2' },
})).entry.map((entry) => entry.resource.id);
seen.several = (await client.search({
  resourceType: 'Observation', searchParams: { code: ['8867-4', '85354-9'] },
})).total;

const body = {
  resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: 'Patient/p1' },
  identifier: [{ system: 'urn:n', value: 'kit' }],
};
const once = { headers: { 'If-None-Exist': 'identifier=urn:n|kit' } };
const created = await client.create({ resourceType: 'Observation', body, options: once });
const again = await client.create({ resourceType: 'Observation', body, options: once });
seen.conditionalCreate = created.id === again.id;
const { id } = created;
const updated = await client.update({ resourceType: 'Observation', id, body: { ...created, status: 'amended' } });
seen.updated = [updated.status, updated.meta.versionId];
const where = { identifier: 'urn:n|kit' };
const bare = { ...updated, status: 'corrected' };
seen.conditionalUpdate = (await client.update({
  resourceType: 'Observation', searchParams: where, body: bare,
})).meta.versionId;
const patched = await client.patch({
  resourceType: 'Observation', id, jsonPatch: [{ op: 'replace', path: '/status', value: 'final' }],
});
seen.patched = [patched.status, patched.meta.versionId];
seen.first = (await client.vread({ resourceType: 'Observation', id, version: '1' })).status;
seen.history = (await client.history({ resourceType: 'Observation', id })).total;
seen.validated = (await client.operation({
  name: 'validate', resourceType: 'Observation', input: { ...body, status: 'nonsense' },
})).issue[0].severity;
seen.document = (await client.operation({
  name: 'document', resourceType: 'Composition', id: 'c1', method: 'GET',
})).entry[0].resource.resourceType;
seen.resolved = (await client.resolve({ reference: 'Practitioner/gp' })).id;
seen.transaction = (await client.transaction({
  body: {
    resourceType: 'Bundle', type: 'transaction',
    entry: [{ fullUrl: 'urn:uuid:1', resource: body, request: { method: 'POST', url: 'Observation' } }],
  },
})).entry[0].response.status;
await client.delete({ resourceType: 'Observation', id });
seen.gone = await refused(() => client.read({ resourceType: 'Observation', id }));
seen.wrong = await refused(() => client.create({ resourceType: 'Observation', body: { ...body, foo: 1 } }));
seen.unknown = await refused(() => client.search({ resourceType: 'Observation', searchParams: { colour: 'red' } }));
console.log(JSON.stringify(seen));
