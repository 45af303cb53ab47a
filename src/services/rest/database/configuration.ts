import { codeOf, messageOf } from '#kernel'
import { type DatabaseSettings, databaseSettingNames, type RestSettings } from '../settings.ts'
import { named } from '../sql/fields.ts'
import { nothing, render, type Statement, sql, value } from '../sql/sql.ts'
import type { Connection } from './connection.ts'

/** What `alter role … set …` says of a role: PostgreSQL heeds that at a login only. */
export interface RoleSettings {
  readonly isolation: string | undefined
  readonly settings: readonly (readonly [name: string, value: string])[]
}

export interface Configuration {
  readonly settings: DatabaseSettings
  /** Of the roles that this login may become. */
  readonly roles: ReadonlyMap<string, RoleSettings>
}

/**
 * One value, to be selected beside others, that differs whenever what `readConfiguration` finds differs: what is set, for which roles by their
 * names, and whether this login may become them. What a function sets (db-pre-config) is not in it.
 */
export const configurationMark = `(
  select coalesce(pg_catalog.string_agg(pg_catalog.concat_ws(' ', setdatabase, setrole::pg_catalog.regrole, pg_catalog.pg_has_role(setrole, 'member'), setconfig), ' ' order by setdatabase, setrole), '')
  from pg_catalog.pg_db_role_setting where setrole <> 0)`

/** Reads what is set in the database: `pgrst.…` of the role that is logged in, and settings of the roles that it may become. */
export async function readConfiguration(connection: Connection, base: RestSettings): Promise<Configuration> {
  const statements = base.readsDatabase ? [settingsStatement(base)] : []
  const results = await withOlder(
    () => connection.run([...statements, rolesStatement(true)]),
    () => connection.run([...statements, rolesStatement(false)]),
  )
  const settings = base.readsDatabase ? (results[0] ?? []) : []
  return {
    settings: new Map(
      settings.flatMap(([name, text]) => (name && text !== null ? [[name, text ?? '']] : [])),
    ),
    roles: rolesOf(results.at(-1) ?? []),
  }
}

/** What is set for the role in this database goes before what is set for the role, and that before what the function sets. */
function settingsStatement({ preConfig }: RestSettings): Statement {
  const names = value(`{${databaseSettingNames.map(name => `pgrst.${name}`).join(',')}}`)
  const fromFunction = preConfig
    ? sql` union all select x, current_setting(x, true), 2 from unnest(${names}::text[]) x join ${named(preConfig)}() _ on true`
    : nothing
  return render(sql`
    with given as (
      select split_part(s, '=', 1) as name, substr(s, strpos(s, '=') + 1) as setting, case when setdatabase = 0 then 1 else 0 end as rank
      from pg_catalog.pg_db_role_setting, unnest(setconfig) s
      where setrole = current_user::regrole::oid
        and setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))${fromFunction}
    )
    select distinct on (name) substr(name, 7), setting from given
    where name = any(${names}::text[]) and setting is not null order by name, rank`)
}

/** PostgreSQL before 15 grants no parameters. */
async function withOlder<T>(run: () => Promise<T>, runOlder: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (codeOf(error) !== '42883' || !messageOf(error).includes('has_parameter_privilege')) throw error
    return runOlder()
  }
}

/** What a superuser alone may set counts where the login was granted to set it. */
const rolesStatement = (granted: boolean): Statement => ({
  text: `
    select r.rolname, split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)
    from pg_catalog.pg_roles r
    join pg_catalog.pg_db_role_setting d on d.setrole = r.oid
      and d.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
    cross join unnest(d.setconfig) s
    left join pg_catalog.pg_settings p on p.name = lower(split_part(s, '=', 1))
    where pg_catalog.pg_has_role(r.oid, 'member') and r.rolname <> current_user
      and (p.context = 'user' or s like 'app.%'${granted ? ` or pg_catalog.has_parameter_privilege(current_user, p.name, 'set')` : ''})
    order by d.setdatabase`,
  values: [],
})

function rolesOf(rows: readonly (readonly (string | null)[])[]): ReadonlyMap<string, RoleSettings> {
  const found = new Map<string, { isolation: string | undefined; settings: [string, string][] }>()
  for (const [role, name, setting] of rows) {
    if (role == null || name == null || setting == null) continue
    const one = found.get(role) ?? { isolation: undefined, settings: [] }
    if (name === 'default_transaction_isolation') one.isolation = setting.toLowerCase()
    else one.settings.push([name, setting])
    found.set(role, one)
  }
  return found
}
