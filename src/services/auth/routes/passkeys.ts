import type { FastifyInstance, FastifyRequest } from '#http'
import { audit } from '../audit.ts'
import { type Call, callOf } from '../context.ts'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import {
  beginPasskey,
  beginPasskeySignIn,
  finishPasskey,
  finishPasskeySignIn,
  type PasskeyRow,
  passkeysOf,
  passkeyView,
} from '../passkeys/passkeys.ts'
import { isUuid, personOf, signedIn } from '../sessions/authenticate.ts'
import { adminCall, userIdOf } from './admin-call.ts'
import { bodyOf, optionalBodyOf } from './body.ts'
import { guard } from './guard.ts'

/** Signing in with a key that the device keeps, without a password. */
export function passkeyRoutes(app: FastifyInstance): void {
  app.post('/passkeys/registration/options', async request => {
    const call = passkeyCall(request)
    return beginPasskey(call, await personOf(call))
  })

  app.post('/passkeys/registration/verify', async request => {
    const call = passkeyCall(request)
    const body = bodyOf(request)
    return finishPasskey(
      call,
      await personOf(call),
      body.text('challenge_id'),
      body.object('credential') ?? {},
    )
  })

  app.post('/passkeys/authentication/options', async request => {
    const call = passkeyCall(request)
    await guard(call, 'passkey', optionalBodyOf(request))
    return beginPasskeySignIn(call)
  })

  app.post('/passkeys/authentication/verify', async request => {
    const call = passkeyCall(request)
    call.limits.check(request, 'passkey')
    const body = bodyOf(request)
    return finishPasskeySignIn(call, body.text('challenge_id'), body.object('credential') ?? {})
  })

  app.get('/passkeys', async request => {
    const call = passkeyCall(request)
    const claims = await personOf(call)
    return call.database.run(async transaction => {
      const { user } = await signedIn(transaction, claims)
      return (await passkeysOf(transaction, user.id)).map(passkeyView)
    })
  })

  app.patch('/passkeys/:passkey', async request => {
    const call = passkeyCall(request)
    const claims = await personOf(call)
    const id = passkeyIdOf(request)
    const name = bodyOf(request).text('friendly_name').trim()
    if (name === '' || name.length > 120)
      throw errors.badRequest('friendly_name must have 1 to 120 characters')
    return call.database.run(async transaction => {
      const { user } = await signedIn(transaction, claims)
      const rows = await transaction.query<PasskeyRow & Record<string, unknown>>(
        `update auth.webauthn_credentials set friendly_name = $3, updated_at = now()
         where id = $1 and user_id = $2 returning *`,
        [id, user.id, name],
      )
      if (!rows[0]) throw errors.passkeyNotFound()
      return passkeyView(rows[0])
    })
  })

  app.delete('/passkeys/:passkey', async (request, reply) => {
    const call = passkeyCall(request)
    const claims = await personOf(call)
    const id = passkeyIdOf(request)
    await call.database.run(async transaction => {
      const { user } = await signedIn(transaction, claims)
      await remove(transaction, user.id, id)
      await audit(call, transaction, user, 'passkey_deleted', { passkey_id: id })
    })
    return reply.status(204).send()
  })

  app.get('/admin/users/:id/passkeys', async request => {
    const call = await adminCall(request)
    const id = userIdOf(request)
    return (await call.database.run(transaction => passkeysOf(transaction, id))).map(passkeyView)
  })

  app.delete('/admin/users/:id/passkeys/:passkey', async (request, reply) => {
    const call = await adminCall(request)
    const userId = userIdOf(request)
    const id = passkeyIdOf(request)
    await call.database.run(async transaction => {
      await remove(transaction, userId, id)
      await audit(call, transaction, 'service', 'passkey_deleted', { user_id: userId, passkey_id: id })
    })
    return reply.status(204).send()
  })
}

async function remove(transaction: Transaction, userId: string, id: string): Promise<void> {
  const rows = await transaction.query(
    'delete from auth.webauthn_credentials where id = $1 and user_id = $2 returning id',
    [id, userId],
  )
  if (rows.length === 0) throw errors.passkeyNotFound()
}

function passkeyIdOf(request: FastifyRequest): string {
  const { passkey } = request.params as { passkey: string }
  if (!isUuid(passkey)) throw errors.passkeyNotFound()
  return passkey
}

function passkeyCall(request: FastifyRequest): Call {
  const call = callOf(request)
  if (!call.settings.mfa.passkeys.enabled) throw errors.passkeysDisabled()
  return call
}
