import type { BuildRecord, ReleaseRecord, ReleaseStore } from '#fly-platform'
import type { Database } from './database.ts'

interface Data {
  readonly data: string
}

/** Of each app the newest are kept. */
const keptPerApp = 100

/** Releases and builds that Fly's clients recorded; they go with their app. */
export function createReleaseStore(database: Database): ReleaseStore {
  const parsed = <T>(rows: Data[]) => rows.map(row => JSON.parse(row.data) as T)
  return {
    addRelease: release =>
      database.transaction(() => {
        const { version } = database.get<{ version: number }>(
          'select coalesce(max(version), 0) + 1 as version from fly_releases where app = ?',
          release.app,
        ) ?? { version: 1 }
        const record: ReleaseRecord = { ...release, version }
        database.run(
          'insert into fly_releases (id, app, version, data) values (?, ?, ?, ?)',
          record.id,
          record.app,
          version,
          JSON.stringify(record),
        )
        database.run(
          'delete from fly_releases where app = ? and version <= ?',
          record.app,
          version - keptPerApp,
        )
        return record
      }),
    saveRelease: record =>
      database.run('update fly_releases set data = ? where id = ?', JSON.stringify(record), record.id),
    release: id =>
      parsed<ReleaseRecord>(database.all<Data>('select data from fly_releases where id = ?', id))[0],
    releases: (app, limit) =>
      parsed<ReleaseRecord>(
        database.all<Data>(
          'select data from fly_releases where app = ? order by version desc limit ?',
          app,
          limit,
        ),
      ),

    addBuild: build =>
      database.transaction(() => {
        database.run('insert into fly_builds (app, data) values (?, ?)', build.app, JSON.stringify(build))
        const { id } = database.get<{ id: number }>('select last_insert_rowid() as id') ?? { id: 0 }
        database.run(
          `delete from fly_builds where app = ?1 and id <= (
             select id from fly_builds where app = ?1 order by id desc limit 1 offset ${keptPerApp})`,
          build.app,
        )
        return { ...build, id }
      }),
    saveBuild: ({ id, ...build }) =>
      database.run('update fly_builds set data = ? where id = ?', JSON.stringify(build), id),
    build(id) {
      const [found] = parsed<Omit<BuildRecord, 'id'>>(
        database.all<Data>('select data from fly_builds where id = ?', id),
      )
      return found && { ...found, id }
    },
  }
}
