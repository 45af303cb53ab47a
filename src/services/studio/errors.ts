import { HangarError } from '#kernel'

export const studioErrors = {
  missingSetting: (name: string, why: string) =>
    new HangarError(`The studio cannot start: ${name} is not set`, {
      code: 'HGR_STUDIO_SETTING',
      hint: why,
    }),
  unauthorized: () =>
    new HangarError('Name and password are needed to open the studio', {
      code: 'HGR_STUDIO_UNAUTHORIZED',
      status: 401,
      hint: 'They are DASHBOARD_USERNAME and DASHBOARD_PASSWORD of the studio app.',
    }),
  wrongHost: (host: string) =>
    new HangarError(`The studio does not answer under the name ${host.slice(0, 100)}`, {
      code: 'HGR_STUDIO_HOST',
      status: 421,
      kind: 'user',
      hint: 'Open it under its own address, or add the name to STUDIO_ALLOWED_HOSTS.',
    }),
  crossSite: () =>
    new HangarError('The request came from another site', { code: 'HGR_STUDIO_CROSS_SITE', status: 403 }),
  noSuchTable: (schema: string, table: string) =>
    new HangarError(`There is no table ${schema}.${table}`, { code: 'HGR_STUDIO_NO_TABLE', status: 404 }),
  noSuchColumn: (column: string) =>
    new HangarError(`There is no column ${column}`, { code: 'HGR_STUDIO_NO_COLUMN', status: 400 }),
  notHere: (what: string) =>
    new HangarError(`This database has no ${what}`, { code: 'HGR_STUDIO_ABSENT', status: 404 }),
  databaseDown: (cause: unknown) =>
    new HangarError('The database does not answer', {
      code: 'HGR_STUDIO_DATABASE_DOWN',
      status: 503,
      kind: 'user',
      hint: 'It may still be starting; try again in a moment.',
      cause,
    }),
  queryFailed: (message: string, position: number | undefined, cause: unknown) =>
    new HangarError(message, {
      code: 'HGR_STUDIO_QUERY',
      status: 400,
      cause,
      ...(position === undefined ? {} : { data: { position } }),
    }),
} as const
