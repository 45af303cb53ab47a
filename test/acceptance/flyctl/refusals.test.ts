import { beforeAll, describe, expect, it } from 'vitest'
import { flyQueries, genqQueries, notBuiltQueries } from '../../support/fly-queries.ts'
import { useFlyctl } from '../../support/flyctl-session.ts'

// Call by call as flyctl's source makes them; see test/support/flyctl.ts. flyctl itself does not run here.

const run = useFlyctl()

beforeAll(run.createApp)

describe('GraphQL', () => {
  it('knows what flyctl asks of extensions: there are none', async () => {
    for (const [name, variables] of [
      ['GetOrganization', { slug: 'personal' }],
      ['GetApp', { name: 'gopher' }],
      ['GetAppsByRole', { role: 'postgres_cluster', organizationId: 'personal' }],
      ['ListAddOns', { addOnType: 'tigris' }],
      ['GetAppWithAddons', { name: 'gopher', addOnType: 'sentry' }],
      ['GetNearestRegion', {}],
    ] as const) {
      const { errors } = await run.fly.genq(genqQueries[name], name, variables)
      expect(errors, name).toBeUndefined()
    }
  })

  it('says which field is not built, before anything else', async () => {
    for (const [name, field] of [
      ['CreateLimitedAccessToken', 'Mutation.createLimitedAccessToken'],
      ['GetAddOnProvider', 'Query.addOnProvider'],
    ] as const) {
      const { errors, data } = await run.fly.genq(genqQueries[name], name, { name: 'x' })
      expect(data).toBeUndefined()
      expect(errors[0]).toMatchObject({
        message: expect.stringContaining(`The GraphQL field ${field} is not built in Hangar`),
        extensions: { code: 'NOT_IMPLEMENTED' },
      })
    }
  })

  it('says what to do instead: ssh, proxy, console, wireguard, extensions, tokens, certs, postgres, orgs', async () => {
    for (const [query, advice] of notBuiltQueries) {
      const { errors, data } = await run.fly.genq(query, '', {})
      expect(data, query).toBeUndefined()
      expect(errors[0].message, query).toMatch(/^The GraphQL field \w+\.\w+ is not built in Hangar\. /)
      expect(errors[0].message, query).toContain(advice)
    }
  })

  it('never answers nothing for a machine or volume that is not there: flyctl would look into it', async () => {
    for (const [query, variables, message] of [
      [flyQueries.GetMachine, { machineId: 'nobody' }, 'Could not find Machine "nobody"'],
      [flyQueries.GetAppNameFromVolume, { id: 'vol_none' }, 'Could not find Volume "vol_none"'],
      [flyQueries.GetSnapshotsFromVolume, { id: 'vol_none' }, 'Could not find Volume "vol_none"'],
    ] as const) {
      const { errors } = await run.fly.genq(query, '', variables)
      expect(errors[0]).toMatchObject({ message, extensions: { code: 'NOT_FOUND' } })
    }
  })

  it('refuses what is no query, too deep or too long, and says why', async () => {
    const refused = async (query: string) => (await run.fly.genq(query, '', {})).errors[0].message
    expect(await refused('{ viewer ')).toMatch(/^Syntax Error/)
    const deep = `{ app(name: "gopher") { ${'machines { nodes { app { '.repeat(4)} id ${'} } }'.repeat(4)} } }`
    expect(await refused(deep)).toContain('8 is the most')
    expect(await refused(`{ ${'nearestRegion { code } '.repeat(1000)} }`)).toMatch(/tokens/)
    expect((await run.fly.send('POST', '/graphql', 'not json')).status).toBe(400)
    expect((await run.fly.send('POST', '/graphql', { variables: {} })).status).toBe(400)
  })
})

describe('certs add, mpg, secrets keys, machine place, tokens: what is not here', () => {
  it('is refused with 501 and a sentence that says what to do', async () => {
    for (const [method, path, advice] of [
      ['POST', '/v1/apps/gopher/certificates/acme', 'The edge serves every app'],
      ['GET', '/v1/apps/gopher/certificates/example.com', 'The edge serves every app'],
      ['GET', '/v1/apps/gopher/secretkeys', 'fly secrets set'],
      ['POST', '/v1/platform/placements', 'on this computer'],
      ['POST', '/v1/apps/gopher/deploy_token', 'FLY_API_TOKEN'],
      ['GET', '/v1/postgres?org_slug=personal', 'hangar silo create'],
      ['GET', '/v1/postgres/abc/users/fly-user/credentials', 'hangar silo create'],
      ['GET', '/api/v1/organizations/personal/postgres', 'hangar silo create'],
      ['PATCH', '/api/v1/postgres/abc/users/x', 'hangar silo create'],
      ['POST', '/api/v1/organizations/personal/cost-estimates', 'docs/reference/flyctl.md'],
      ['POST', '/api/v1/apps/gopher/egress_ips/1.2.3.4/promote', 'docs/reference/flyctl.md'],
      ['POST', '/api/v1/cli_sessions', 'hangar fly env'],
    ] as const) {
      const { status, body } = await run.fly.send(method, path, method === 'GET' ? undefined : {})
      expect([path, status, body.message]).toEqual([path, 501, expect.stringContaining(advice)])
      expect(body.error).toMatch(/(is|are) not (built|available) in Hangar/)
    }
  })
})
