import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../../../../test/support/postgres.ts'
import { codeAt } from '../mfa/totp.ts'
import { startAuth, type TestAuth } from '../testing/auth.ts'

let postgres: TestPostgres
let auth: TestAuth
const password = 'correct horse'
const key = Buffer.alloc(32, 7)
const secrets = `v1,whsec_${key.toString('base64')}`
let count = 0
const newEmail = () => `hook${++count}@example.com`
const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())

/** What the HTTP hook was asked, and how it answers. */
const asked: { headers: IncomingMessage['headers']; body: object; raw: string }[] = []
let answer: (response: ServerResponse) => void
const json =
  (status: number, body: unknown, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

const server = createServer(async (request, response) => {
  let raw = ''
  for await (const chunk of request) raw += chunk
  asked.push({ headers: request.headers, body: JSON.parse(raw), raw })
  answer(response)
}).listen(0, '127.0.0.1')
const hookUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
const hook = (name: string, uri: string) => ({
  [`GOTRUE_HOOK_${name}_ENABLED`]: 'true',
  [`GOTRUE_HOOK_${name}_URI`]: uri,
  ...(uri.startsWith('http') && { [`GOTRUE_HOOK_${name}_SECRETS`]: secrets }),
})

beforeAll(async () => {
  if (!server.listening) await once(server, 'listening')
  postgres = await startTestPostgres()
  auth = await startAuth({
    postgres,
    env: {
      ...hook('CUSTOM_ACCESS_TOKEN', 'pg-functions://postgres/public/claims_hook'),
      ...hook('PASSWORD_VERIFICATION_ATTEMPT', 'pg-functions://postgres/public/password_hook'),
      ...hook('MFA_VERIFICATION_ATTEMPT', 'pg-functions://postgres/public/factor_hook'),
      ...hook('BEFORE_USER_CREATED', 'pg-functions://postgres/public/before_hook'),
    },
  })
  const admin = await postgres.client()
  await admin.query(`
    create function public.claims_hook(event jsonb) returns jsonb language plpgsql as $$
    begin
      if event->'claims'->>'email' like 'slow%' then perform pg_sleep(10); end if;
      if event->'claims'->>'email' like 'broken%' then return '{"claims": {"aud": 5}}'; end if;
      if event->'claims'->>'email' like 'refused%' then
        return '{"error": {"http_code": 403, "message": "not today"}}';
      end if;
      return jsonb_build_object('claims', event->'claims' || jsonb_build_object(
        'plan', 'gold', 'method', event->'authentication_method', 'hook', event->'metadata'->>'name'));
    end $$;
    create table public.attempts (user_id uuid, valid boolean);
    create function public.password_hook(event jsonb) returns jsonb language plpgsql security definer as $$
    begin
      insert into public.attempts values ((event->>'user_id')::uuid, (event->>'valid')::boolean);
      if (select count(*) from public.attempts where user_id = (event->>'user_id')::uuid and not valid) >= 2 then
        return '{"decision": "reject", "message": "locked", "should_logout_user": true}';
      end if;
      return '{"decision": "continue"}';
    end $$;
    create function public.factor_hook(event jsonb) returns jsonb language plpgsql as $$
    begin
      if not (event->>'valid')::boolean then return '{"decision": "reject", "message": "gone"}'; end if;
      return '{"decision": "continue"}';
    end $$;
    create function public.before_hook(event jsonb) returns jsonb language plpgsql as $$
    begin
      if event->'user'->>'email' like '%@blocked.example' then
        return '{"error": {"http_code": 400, "message": "Only our own may sign up"}}';
      end if;
      return '{}';
    end $$;
    grant execute on all functions in schema public to supabase_auth_admin;`)
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await auth?.[Symbol.asyncDispose]()
  await postgres?.stop()
})

describe('a hook in the database', () => {
  test('adds claims to every access token', async () => {
    const client = auth.client()
    const { data } = await client.auth.signUp({ email: newEmail(), password })
    expect(claims(data.session!.access_token)).toMatchObject({
      plan: 'gold',
      method: 'password',
      hook: 'customize-access-token',
    })
    const refreshed = await client.auth.refreshSession()
    expect(claims(refreshed.data.session!.access_token)).toMatchObject({
      plan: 'gold',
      method: 'token_refresh',
    })
  })

  test.each([
    ['refused', 403, 'unknown', 'not today'],
    ['slow', 422, 'hook_timeout', 'Failed to reach hook within maximum time of 2.000000 seconds'],
  ])('that is %s is an error', async (who, status, code, message) => {
    const { error } = await auth.client().auth.signUp({ email: `${who}${newEmail()}`, password })
    expect(error).toMatchObject({ status, code, message })
  })

  test('must give back the claims that every token has', async () => {
    const answer = await auth.fetch('/signup', {
      method: 'POST',
      body: { email: `broken${newEmail()}`, password },
    })
    expect(answer.status).toBe(500)
    const body = (await answer.json()) as { msg: string }
    expect(body.msg).toContain('output claims do not conform to the expected schema')
    expect(body.msg).toContain('sub is required')
  })

  test('locks an account after wrong passwords and ends its sessions', async () => {
    const email = newEmail()
    const client = auth.client()
    await client.auth.signUp({ email, password })
    const attempt = (tried: string) => auth.client().auth.signInWithPassword({ email, password: tried })
    expect((await attempt('wrong')).error?.message).toBe('Invalid login credentials')
    expect((await attempt('wrong')).error).toMatchObject({ code: 'invalid_credentials', message: 'locked' })
    expect((await attempt(password)).error?.message).toBe('locked')
    expect((await client.auth.refreshSession()).error).not.toBeNull()
  })

  test('rejects a second factor and signs the user out', async () => {
    const client = auth.client()
    await client.auth.signUp({ email: newEmail(), password })
    const factor = (await client.auth.mfa.enroll({ factorType: 'totp' })).data!
    const right = codeAt(factor.totp.secret, Math.floor(Date.now() / 30_000))
    const code = right === '000000' ? '111111' : '000000'
    const { error } = await client.auth.mfa.challengeAndVerify({ factorId: factor.id, code })
    expect(error).toMatchObject({ status: 403, code: 'mfa_verification_rejected', message: 'gone' })
    expect((await client.auth.refreshSession()).error).not.toBeNull()
  })

  test('refuses who signs up before there is a row of them', async () => {
    const email = `x${++count}@blocked.example`
    const { error } = await auth.client().auth.signUp({ email, password })
    expect(error).toMatchObject({ status: 400, message: 'Only our own may sign up' })
    const { rows } = await auth.admin.query('select 1 from auth.users where email = $1', [email])
    expect(rows).toEqual([])
  })
})

describe('a hook over HTTP', () => {
  test('sends emails in our place, with a signature that Standard Webhooks can check', async () => {
    await using service = await startAuth({
      postgres,
      env: { GOTRUE_MAILER_AUTOCONFIRM: 'false', ...hook('SEND_EMAIL', hookUrl()) },
    })
    answer = json(200, {})
    const email = newEmail()
    expect((await service.client().auth.signUp({ email, password })).error).toBeNull()
    const { headers, body, raw } = asked.at(-1)!
    expect(body).toMatchObject({
      metadata: { name: 'send-email' },
      user: { email },
      email_data: {
        email_action_type: 'signup',
        token: expect.stringMatching(/^\d{6}$/),
        token_hash_new: '',
      },
    })
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${raw}`
    expect(headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(content).digest('base64')}`,
    )
    const { email_data: data } = body as { email_data: { token_hash: string } }
    const verified = await service.client().auth.verifyOtp({ token_hash: data.token_hash, type: 'email' })
    expect(verified.error).toBeNull()
  })

  test('sends codes to phones in our place', async () => {
    await using service = await startAuth({
      postgres,
      env: { GOTRUE_EXTERNAL_PHONE_ENABLED: 'true', ...hook('SEND_SMS', hookUrl()) },
    })
    answer = json(200, {})
    const phone = '15557770001'
    expect((await service.client().auth.signInWithOtp({ phone })).error).toBeNull()
    const { sms } = asked.at(-1)!.body as { sms: { otp: string; phone: string } }
    expect(sms.phone).toBe(phone)
    const { data } = await service.client().auth.verifyOtp({ phone, token: sms.otp, type: 'sms' })
    expect(data.user?.phone).toBe(phone)
  })

  test.each([
    [
      'an error of its own',
      json(200, { error: { http_code: 418, message: 'teapot' } }),
      418,
      'unknown',
      'teapot',
    ],
    [
      'another type',
      (r: ServerResponse) => r.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      400,
      'hook_payload_invalid_content_type',
      'Invalid JSON response. Received content-type: text/html',
    ],
    [
      'no type',
      (r: ServerResponse) => r.writeHead(200).end('{}'),
      400,
      'hook_payload_invalid_content_type',
      'Invalid Content-Type: Missing Content-Type header',
    ],
    [
      'too much',
      json(200, { x: 'y'.repeat(300 * 1024) }),
      422,
      'hook_payload_over_size_limit',
      'Payload size exceeded size limit of 204800 bytes',
    ],
    ['a failure', json(500, {}), 500, 'unexpected_failure', 'Unexpected status code returned from hook: 500'],
    ['a refusal of the payload', json(400, {}), 500, 'unexpected_failure', 'Invalid payload sent to hook'],
    [
      'nonsense',
      (r: ServerResponse) => r.writeHead(200, { 'content-type': 'application/json' }).end('{'),
      500,
      'unexpected_failure',
      'Error unmarshaling JSON output.',
    ],
  ])('that answers with %s is an error', async (_what, how, status, code, message) => {
    await using service = await startAuth({ postgres, env: hook('BEFORE_USER_CREATED', hookUrl()) })
    answer = how as (response: ServerResponse) => void
    const response = await service.fetch('/signup', { method: 'POST', body: { email: newEmail(), password } })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error_code: code, msg: message })
  })

  test('hears of a user after the fact, and holds nobody up', async () => {
    await using service = await startAuth({ postgres, env: hook('AFTER_USER_CREATED', hookUrl()) })
    const heard = new Promise<void>(resolve => {
      answer = response => {
        json(500, {})(response)
        resolve()
      }
    })
    const email = newEmail()
    expect((await service.client().auth.signUp({ email, password })).error).toBeNull()
    await heard
    expect(asked.at(-1)?.body).toMatchObject({ metadata: { name: 'after-user-created' }, user: { email } })
  })
})

test.each([
  ['GOTRUE_HOOK_SEND_SMS_URI', 'ftp://x/y'],
  ['GOTRUE_HOOK_SEND_SMS_URI', 'http://example.com/hook'],
  ['GOTRUE_HOOK_SEND_SMS_URI', 'pg-functions://postgres/public/x"; drop'],
  ['GOTRUE_HOOK_SEND_SMS_URI', ''],
])('%s must not be "%s"', async (name, uri) => {
  const env = { GOTRUE_HOOK_SEND_SMS_ENABLED: 'true', [name]: uri }
  await expect(startAuth({ postgres, env })).rejects.toThrow(name)
})
