import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { anonToken, serviceToken, startAuth, type TestAuth } from '../testing/auth.ts'
import { startIdp, type TestIdp } from '../testing/idp.ts'

let postgres: TestPostgres
let auth: TestAuth
let idp: TestIdp
let providerId: string
const person = { nameId: 'ada-1', attributes: { mail: 'ada@acme.example', department: 'engines' } }

beforeAll(async () => {
  postgres = await startTestPostgres()
  idp = await startIdp()
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  auth = await startAuth({
    postgres,
    env: {
      GOTRUE_SAML_ENABLED: 'true',
      GOTRUE_SAML_PRIVATE_KEY: privateKey.export({ type: 'pkcs1', format: 'der' }).toString('base64'),
      GOTRUE_DISABLE_SIGNUP: 'false',
      GOTRUE_MAILER_AUTOCONFIRM: 'false',
    },
  })
  const made = await admin('POST', '', {
    type: 'saml',
    metadata_xml: idp.metadata,
    domains: ['acme.example'],
    attribute_mapping: { keys: { team: { name: 'department' }, plan: { default: 'basic' } } },
  })
  expect(made.status).toBe(201)
  providerId = made.body['id'] as string
})
afterAll(async () => {
  await auth?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

async function admin(method: string, path: string, body?: unknown) {
  const answer = await auth.fetch(`/admin/sso/providers${path}`, {
    method,
    token: serviceToken,
    ...(body !== undefined && { body }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** What the browser posts; answers where it is sent and with what. */
async function post(relayState: string, response: string) {
  const answer = await fetch(`${auth.url}/sso/saml/acs`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ RelayState: relayState, SAMLResponse: response }).toString(),
  })
  const end = new URL(answer.headers.get('location') ?? '')
  return { end, query: end.searchParams, fragment: new URLSearchParams(end.hash.slice(1)) }
}

async function begin(flowType: 'implicit' | 'pkce' = 'implicit', redirectTo = 'http://localhost:3000/in') {
  const browser = auth.client(anonToken, { flowType })
  const begun = await browser.auth.signInWithSSO({
    domain: 'ACME.example',
    options: { redirectTo, skipBrowserRedirect: true },
  })
  expect(begun.error).toBeNull()
  return { browser, request: idp.requestOf(begun.data?.url ?? ''), url: begun.data?.url ?? '' }
}

describe('single sign-on', () => {
  test('signs somebody in by a signed assertion and finds them again', async () => {
    const first = await begin()
    expect(first.url).toMatch(/^https:\/\/idp\.example\/sso\?a=1&b=2&SAMLRequest=/)
    expect(new URL(first.url).searchParams.get('Signature')).toBeTruthy()
    const { end, fragment } = await post(first.request.relayState, idp.respond(first.request, person))
    expect(end.pathname).toBe('/in')
    const token = fragment.get('access_token') ?? ''
    const user = (await (await auth.fetch('/user', { token })).json()) as Record<string, unknown>
    expect(user).toMatchObject({
      email: 'ada@acme.example',
      app_metadata: { provider: `sso:${providerId}` },
      identities: [
        {
          id: 'ada-1',
          provider: `sso:${providerId}`,
          identity_data: { custom_claims: { team: 'engines', plan: 'basic' } },
        },
      ],
    })
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
    expect(claims.amr).toMatchObject([{ method: 'sso/saml', provider: providerId }])
    const { rows } = await auth.admin.query('select not_after from auth.sessions where id = $1', [
      claims.session_id,
    ])
    expect(rows[0].not_after.getTime()).toBeLessThan(Date.now() + 3_700_000)
    const again = await begin()
    const second = await post(again.request.relayState, idp.respond(again.request, person))
    const same = await auth.fetch('/user', { token: second.fragment.get('access_token') ?? '' })
    expect(((await same.json()) as { id: string }).id).toBe(user['id'])
  })

  test('works with PKCE', async () => {
    const { browser, request } = await begin('pkce')
    const { query } = await post(request.relayState, idp.respond(request, person))
    const { data, error } = await browser.auth.exchangeCodeForSession(query.get('code') ?? '')
    expect(error).toBeNull()
    expect(data.user?.email).toBe('ada@acme.example')
  })

  test('never takes over an account that has the same email', async () => {
    const email = 'grace@acme.example'
    const made = await auth
      .client(serviceToken)
      .auth.admin.createUser({ email, password: 'correct horse', email_confirm: true })
    const { request } = await begin()
    const response = idp.respond(request, { nameId: 'grace-1', attributes: { mail: email } })
    const { fragment } = await post(request.relayState, response)
    const user = await auth.fetch('/user', { token: fragment.get('access_token') ?? '' })
    expect(((await user.json()) as { id: string }).id).not.toBe(made.data.user?.id)
  })

  test('takes a response once, and only to what was asked', async () => {
    const { request } = await begin()
    const response = idp.respond(request, person)
    expect((await post(request.relayState, response)).fragment.get('access_token')).toBeTruthy()
    expect((await post(request.relayState, response)).query.get('error_code')).toBe(
      'saml_relay_state_not_found',
    )
    const other = await begin()
    expect((await post(other.request.relayState, response)).query.get('error_code')).toBe('validation_failed')
    expect((await post('https://evil.example', response)).query.get('error_code')).toBe('validation_failed')
    expect((await post('nonsense', response)).query.get('error_code')).toBe('validation_failed')
  })

  test('may begin at the identity provider, which sends each assertion once', async () => {
    const { acs, audience } = (await begin()).request
    const unasked = { id: '', acs, audience }
    const response = idp.respond(unasked, person)
    const first = await post('http://localhost:3000/from-the-idp', response)
    expect(first.end.pathname).toBe('/from-the-idp')
    const user = await auth.fetch('/user', { token: first.fragment.get('access_token') ?? '' })
    expect(await user.json()).toMatchObject({ identities: [{ id: 'ada-1', provider: `sso:${providerId}` }] })
    expect((await post('', response)).query.get('error_code')).toBe('validation_failed')
    const elsewhere = await post('https://evil.example/', idp.respond(unasked, person))
    expect([elsewhere.end.origin, elsewhere.fragment.has('access_token')]).toEqual([
      'http://localhost:3000',
      true,
    ])
  })

  test('takes no answer to somebody’s request as one that nobody asked for', async () => {
    const { request } = await begin()
    const answer = idp.respond(request, person)
    expect((await post('', answer)).query.get('error_code')).toBe('validation_failed')
    // The response around the signed assertion is anybody's to change.
    const stripped = idp.respond(request, person, {
      after: xml => xml.replace(/(<samlp:Response[^>]*) InResponseTo="[^"]*"/, '$1'),
    })
    expect((await post('', stripped)).query.get('error_code')).toBe('validation_failed')
  })

  test.each<[string, (xml: string) => string]>([
    ['for another recipient', xml => xml.replace(/Recipient="[^"]+"/, 'Recipient="https://other.example/"')],
    [
      'from long ago',
      xml =>
        xml.replaceAll(
          /IssueInstant="[^"]+"/g,
          `IssueInstant="${new Date(Date.now() - 600_000).toISOString()}"`,
        ),
    ],
    ['of a stranger', xml => xml.replaceAll('https://idp.example/metadata', 'https://other.example')],
  ])('refuses an unasked assertion %s', async (what, before) => {
    const { acs, audience } = (await begin()).request
    const { query } = await post('', idp.respond({ id: '', acs, audience }, person, { before }))
    expect(query.get('error_code')).toBe(
      what === 'of a stranger' ? 'saml_idp_not_found' : 'validation_failed',
    )
  })

  test.each<[string, (xml: string) => string]>([
    ['whose name was changed after it was signed', xml => xml.replace('>ada-1<', '>admin<')],
    ['whose name holds a comment', xml => xml.replace('>ada-1<', '>ada<!-- x -->-1<')],
    ['without its signature', xml => xml.replace(/<(?:ds:)?Signature[\s\S]*?<\/(?:ds:)?Signature>/, '')],
    [
      'wrapped around another assertion',
      xml => {
        const assertion = /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml)?.[0] ?? ''
        const forged = assertion
          .replace(/<(?:ds:)?Signature[\s\S]*?<\/(?:ds:)?Signature>/, '')
          .replace('ID="_assertion"', 'ID="_evil"')
          .replace('>ada-1<', '>admin<')
        return xml.replace(assertion, forged + assertion)
      },
    ],
    ['with a document type', xml => `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${xml}`],
    ['that is no XML', () => 'nonsense'],
  ])('refuses a response %s', async (_what, after) => {
    const { request } = await begin()
    const { query, fragment } = await post(request.relayState, idp.respond(request, person, { after }))
    const token = fragment.get('access_token')
    if (token !== null) {
      // A comment may be ignored, as long as the name is the one that was signed.
      const user = await (await auth.fetch('/user', { token })).json()
      expect(user).toMatchObject({ identities: [{ id: 'ada-1' }] })
      return
    }
    expect(query.get('error_code')).toBe('validation_failed')
  })

  test.each<[string, (xml: string) => string]>([
    [
      'for another audience',
      xml => xml.replace(/<saml:Audience>[^<]+/, '<saml:Audience>https://other.example'),
    ],
    ['that is over', xml => xml.replaceAll(/NotOnOrAfter="[^"]+"/g, 'NotOnOrAfter="2020-01-01T00:00:00Z"')],
    ['to another request', xml => xml.replaceAll(/InResponseTo="[^"]+"/g, 'InResponseTo="_other"')],
    ['for another recipient', xml => xml.replace(/Recipient="[^"]+"/, 'Recipient="https://other.example/"')],
    ['of another issuer', xml => xml.replaceAll('https://idp.example/metadata', 'https://other.example')],
  ])('refuses a signed assertion %s', async (_what, before) => {
    const { request } = await begin()
    const { query } = await post(request.relayState, idp.respond(request, person, { before }))
    expect(query.get('error_code')).toBe('validation_failed')
  })

  test('refuses what another provider signed', async () => {
    const stranger = await startIdp(idp.entityId)
    const { request } = await begin()
    const { query } = await post(request.relayState, stranger.respond(request, person))
    expect(query.get('error_code')).toBe('validation_failed')
  })

  test('leads nobody to an address that is not allowed', async () => {
    const { request } = await begin('implicit', 'https://evil.example/')
    expect((await post(request.relayState, idp.respond(request, person))).end.origin).toBe(
      'http://localhost:3000',
    )
  })

  test('needs an email', async () => {
    const { request } = await begin()
    const { query } = await post(request.relayState, idp.respond(request, { nameId: 'x', attributes: {} }))
    expect(query.get('error_code')).toBe('saml_assertion_no_email')
  })

  test.each([
    [{ domain: 'unknown.example' }, 404, 'sso_provider_not_found'],
    [{ provider_id: '0b3e1c2a-0000-4000-8000-000000000000' }, 404, 'sso_provider_not_found'],
    [{}, 400, 'validation_failed'],
    [{ domain: 'a', provider_id: 'b' }, 400, 'validation_failed'],
  ])('POST /sso %j is refused', async (body, status, code) => {
    const answer = await auth.fetch('/sso', { method: 'POST', body })
    expect([answer.status, await answer.json()]).toMatchObject([status, { error_code: code }])
  })
})

describe('providers', () => {
  test('are kept by an admin', async () => {
    const listed = await admin('GET', '')
    expect(listed.body['items']).toMatchObject([{ id: providerId, domains: [{ domain: 'acme.example' }] }])
    expect(JSON.stringify(listed.body)).not.toContain('metadata_xml')
    const twice = await admin('POST', '', { type: 'saml', metadata_xml: idp.metadata })
    expect(twice).toMatchObject({ status: 422, body: { error_code: 'saml_idp_already_exists' } })
    const other = await startIdp('https://other.example')
    const taken = await admin('POST', '', {
      type: 'saml',
      metadata_xml: other.metadata,
      domains: ['acme.example'],
    })
    expect(taken).toMatchObject({ status: 400, body: { error_code: 'sso_domain_already_exists' } })
    const mismatch = await admin('PUT', `/${providerId}`, { metadata_xml: other.metadata })
    expect(mismatch).toMatchObject({ status: 400, body: { error_code: 'saml_entity_id_mismatch' } })
    const made = await admin('POST', '', {
      type: 'saml',
      metadata_xml: other.metadata,
      domains: ['other.example'],
    })
    const id = made.body['id'] as string
    const changed = await admin('PUT', `/${id}`, { domains: ['new.example'], disabled: true })
    expect(changed.body).toMatchObject({ disabled: true, domains: [{ domain: 'new.example' }] })
    const off = await auth.fetch('/sso', { method: 'POST', body: { provider_id: id } })
    expect(await off.json()).toMatchObject({ error_code: 'sso_provider_disabled' })
    expect((await admin('DELETE', `/${id}`)).status).toBe(200)
    expect((await admin('GET', `/${id}`)).status).toBe(404)
  })

  test.each([
    [{ type: 'ldap' }, "Only 'saml' supported"],
    [{ type: 'saml' }, 'Either metadata_xml or metadata_url must be set'],
    [{ type: 'saml', metadata_url: 'http://idp.example' }, 'not a HTTPS URL'],
    [{ type: 'saml', metadata_xml: '<x/>' }, 'does not contain an EntityID'],
    [{ type: 'saml', metadata_xml: '<!DOCTYPE x><EntityDescriptor entityID="x"/>' }, 'DOCTYPE'],
    [
      { type: 'saml', metadata_xml: '<EntityDescriptor entityID="x"></EntityDescriptor>' },
      'any IDPSSODescriptor',
    ],
  ])('are refused with %j', async (body, message) => {
    const answer = await admin('POST', '', body)
    expect(answer.status).toBe(400)
    expect(answer.body['msg']).toContain(message)
  })

  test('learn of this service by its metadata', async () => {
    const answer = await auth.fetch('/sso/saml/metadata')
    expect(answer.headers.get('content-type')).toContain('application/xml')
    const xml = await answer.text()
    expect(xml).toContain('/sso/saml/acs')
    expect(xml).toContain('X509Certificate')
  })
})

test('a key that is none does not start', async () => {
  const env = { GOTRUE_SAML_ENABLED: 'true', GOTRUE_SAML_PRIVATE_KEY: 'bm9uc2Vuc2U=' }
  await expect(startAuth({ postgres, env })).rejects.toThrow('GOTRUE_SAML_PRIVATE_KEY')
})
