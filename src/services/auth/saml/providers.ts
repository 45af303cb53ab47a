import { randomUUID } from 'node:crypto'
import type { Transaction } from '../database/database.ts'
import { errors } from '../errors.ts'
import { isUuid } from '../sessions/authenticate.ts'
import type { Json } from '../users/rows.ts'

/** A row of auth.sso_providers with its SAML half and its domains. */
export interface SsoProviderRow {
  readonly id: string
  readonly resource_id: string | null
  readonly disabled: boolean | null
  readonly created_at: Date
  readonly updated_at: Date
  readonly saml_id: string
  readonly entity_id: string
  readonly metadata_xml: string
  readonly metadata_url: string | null
  readonly attribute_mapping: Json | null
  readonly name_id_format: string | null
  readonly domains: readonly { id: string; domain: string; created_at: string; updated_at: string }[]
}

const select = `select p.id, p.resource_id, p.disabled, p.created_at, p.updated_at, s.id as saml_id, s.entity_id,
    s.metadata_xml, s.metadata_url, s.attribute_mapping, s.name_id_format,
    coalesce((select jsonb_agg(jsonb_build_object('id', d.id, 'domain', d.domain, 'created_at', d.created_at,
      'updated_at', d.updated_at) order by d.domain) from auth.sso_domains d where d.sso_provider_id = p.id), '[]') as domains
  from auth.sso_providers p join auth.saml_providers s on s.sso_provider_id = p.id`

export async function allProviders(transaction: Transaction): Promise<SsoProviderRow[]> {
  return await transaction.query<SsoProviderRow & Record<string, unknown>>(
    `${select} order by p.created_at, p.id`,
  )
}

/** Throws sso_provider_not_found. */
export async function providerById(
  transaction: Transaction,
  id: string,
  why?: string,
): Promise<SsoProviderRow> {
  const rows = isUuid(id)
    ? await transaction.query<SsoProviderRow & Record<string, unknown>>(`${select} where p.id = $1`, [id])
    : []
  if (!rows[0]) throw errors.ssoProviderNotFound(why)
  return rows[0]
}

export async function providerByDomain(
  transaction: Transaction,
  domain: string,
): Promise<SsoProviderRow | undefined> {
  const rows = await transaction.query<SsoProviderRow & Record<string, unknown>>(
    `${select} where p.id = (select sso_provider_id from auth.sso_domains where lower(domain) = lower($1))`,
    [domain],
  )
  return rows[0]
}

export async function providerByEntity(
  transaction: Transaction,
  entityId: string,
): Promise<SsoProviderRow | undefined> {
  const rows = await transaction.query<SsoProviderRow & Record<string, unknown>>(
    `${select} where s.entity_id = $1`,
    [entityId],
  )
  return rows[0]
}

/** The domains are these and no others. Throws sso_domain_already_exists. */
export async function setDomains(
  transaction: Transaction,
  providerId: string,
  domains: readonly string[],
): Promise<void> {
  for (const domain of domains) {
    const other = await providerByDomain(transaction, domain)
    if (other && other.id !== providerId) throw errors.ssoDomainTaken(domain, other.id)
  }
  await transaction.query('delete from auth.sso_domains where sso_provider_id = $1', [providerId])
  for (const domain of new Set(domains.map(one => one.toLowerCase()))) {
    await transaction.query(
      `insert into auth.sso_domains (id, sso_provider_id, domain, created_at, updated_at)
       values ($1, $2, $3, now(), now())`,
      [randomUUID(), providerId, domain],
    )
  }
}

/** Lists leave the metadata out. */
export function providerView(row: SsoProviderRow, withMetadata: boolean): Json {
  return {
    id: row.id,
    resource_id: row.resource_id ?? undefined,
    disabled: row.disabled ?? undefined,
    saml: {
      id: row.saml_id,
      entity_id: row.entity_id,
      metadata_xml: withMetadata ? row.metadata_xml : undefined,
      metadata_url: row.metadata_url ?? undefined,
      attribute_mapping: row.attribute_mapping ?? {},
      name_id_format: row.name_id_format ?? undefined,
    },
    domains: row.domains,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }
}
