import type { AdmissionRecord, AgentRecord, IdentityStore, StaticTokenRecord } from '#desk'
import type { Sealer } from '#engine'
import type { Database } from './database.ts'

/** The desk's own key, under the one name there is. */
const deskKey = 'desk'

/** Agents, tokens and what of them was used. */
export function createIdentityStore(database: Database, sealer: Sealer): IdentityStore {
  const all = <T>(table: string) =>
    database
      .all<{ data: string }>(`select data from ${table} order by id`)
      .map(row => JSON.parse(row.data) as T)
  const saveAgent = (record: AgentRecord) =>
    database.run('insert or replace into agents (id, data) values (?, ?)', record.id, JSON.stringify(record))

  return {
    agents: () => all<AgentRecord>('agents'),
    saveAgent,
    deleteAgent(id) {
      database.transaction(() => {
        database.run('delete from static_tokens where agent_id = ?', id)
        database.run('delete from agents where id = ?', id)
      })
    },
    staticTokens: () => all<StaticTokenRecord>('static_tokens'),
    saveStaticToken: record =>
      database.run(
        'insert or replace into static_tokens (id, agent_id, data) values (?, ?, ?)',
        record.id,
        record.agentId,
        JSON.stringify(record),
      ),
    deleteStaticToken: id => database.run('delete from static_tokens where id = ?', id),
    admissions: () => all<AdmissionRecord>('admissions'),
    saveAdmission(record, agent) {
      database.transaction(() => {
        database.run(
          'insert or replace into admissions (id, data) values (?, ?)',
          record.id,
          JSON.stringify(record),
        )
        if (agent) saveAgent(agent)
      })
    },
    deleteAdmission: id => database.run('delete from admissions where id = ?', id),

    useAssertion: (agentId, jti, expiresAt) =>
      database.transaction(() => {
        const used = database.get(
          'select 1 from used_assertions where agent_id = ? and jti = ?',
          agentId,
          jti,
        )
        if (used) return false
        database.run(
          'insert into used_assertions (agent_id, jti, expires_at) values (?, ?, ?)',
          agentId,
          jti,
          expiresAt,
        )
        return true
      }),
    forgetAssertions: before => database.run('delete from used_assertions where expires_at < ?', before),

    signingKey() {
      const row = database.get<{ sealed: Uint8Array }>(
        'select sealed from signing_keys where name = ?',
        deskKey,
      )
      return row && JSON.parse(sealer.open(new Uint8Array(row.sealed), 'desk signing key'))
    },
    saveSigningKey(key) {
      const sealed = sealer.seal(JSON.stringify(key), 'desk signing key')
      database.run('insert into signing_keys (name, sealed) values (?, ?)', deskKey, Buffer.from(sealed))
    },
  }
}
