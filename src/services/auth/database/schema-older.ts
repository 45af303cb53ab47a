/**
 * Lifts the tables that an older GoTrue or the first script of the image `supabase/postgres` left behind to where `schemaSql` can be
 * repeated on them: renamed columns, columns that came later, constraints that went. Without such tables nothing happens. Every statement
 * can be repeated.
 */
export const olderSchemaSql = `
do $$
declare
  type_of_phone text;
begin
  if to_regclass('auth.users') is null then
    return;
  end if;
  -- What confirmed_at meant before phones, and which address email_change_token belonged to.
  if exists (select from pg_attribute where attrelid = 'auth.users'::regclass and attname = 'confirmed_at' and attgenerated = '' and not attisdropped)
    and not exists (select from pg_attribute where attrelid = 'auth.users'::regclass and attname = 'email_confirmed_at' and not attisdropped) then
    alter table auth.users rename column confirmed_at to email_confirmed_at;
  end if;
  if exists (select from pg_attribute where attrelid = 'auth.users'::regclass and attname = 'email_change_token' and not attisdropped)
    and not exists (select from pg_attribute where attrelid = 'auth.users'::regclass and attname = 'email_change_token_new' and not attisdropped) then
    alter table auth.users rename column email_change_token to email_change_token_new;
  end if;
  select format_type(atttypid, atttypmod) into type_of_phone from pg_attribute
    where attrelid = 'auth.users'::regclass and attname = 'phone' and not attisdropped;
  if type_of_phone <> 'text' then
    alter table auth.users alter column phone type text, alter column phone_change type text;
  end if;
  -- Identities were named by what the provider calls the user.
  if to_regclass('auth.identities') is not null
    and not exists (select from pg_attribute where attrelid = to_regclass('auth.identities') and attname = 'provider_id' and not attisdropped) then
    alter table auth.identities rename column id to provider_id;
    alter table auth.identities
      drop constraint identities_pkey,
      add column id uuid not null default gen_random_uuid() primary key,
      add constraint identities_provider_id_provider_unique unique (provider_id, provider);
  end if;
end $$;

alter table if exists auth.users
  drop constraint if exists users_email_key,
  add column if not exists phone text default null unique,
  add column if not exists phone_confirmed_at timestamptz,
  add column if not exists phone_change text default '',
  add column if not exists phone_change_token varchar(255) default '',
  add column if not exists phone_change_sent_at timestamptz,
  add column if not exists email_change_token_current varchar(255) default '',
  add column if not exists email_change_confirm_status smallint default 0
    constraint users_email_change_confirm_status_check
    check (email_change_confirm_status >= 0 and email_change_confirm_status <= 2),
  add column if not exists banned_until timestamptz,
  add column if not exists reauthentication_token varchar(255) default '',
  add column if not exists reauthentication_sent_at timestamptz,
  add column if not exists is_sso_user boolean not null default false,
  add column if not exists deleted_at timestamptz,
  add column if not exists is_anonymous boolean not null default false;
alter table if exists auth.users
  add column if not exists confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored;
alter table if exists auth.identities
  add column if not exists email text generated always as (lower(identity_data ->> 'email')) stored;
alter table if exists auth.sessions
  add column if not exists factor_id uuid,
  add column if not exists aal auth.aal_level,
  add column if not exists not_after timestamptz,
  add column if not exists refreshed_at timestamp,
  add column if not exists user_agent text,
  add column if not exists ip inet,
  add column if not exists tag text;
alter table if exists auth.refresh_tokens
  add column if not exists parent varchar(255),
  add column if not exists session_id uuid;
alter table if exists auth.mfa_factors
  add column if not exists phone text,
  add column if not exists last_challenged_at timestamptz unique,
  add column if not exists web_authn_credential jsonb,
  add column if not exists web_authn_aaguid uuid;
alter table if exists auth.mfa_challenges
  add column if not exists otp_code text,
  add column if not exists web_authn_session_data jsonb;
alter table if exists auth.mfa_amr_claims add column if not exists id uuid not null default gen_random_uuid() constraint amr_id_pk primary key;
alter table if exists auth.audit_log_entries add column if not exists ip_address varchar(64) not null default '';
alter table if exists auth.flow_state
  add column if not exists authentication_method text not null default '',
  add column if not exists auth_code_issued_at timestamptz;
alter table if exists auth.saml_providers add column if not exists name_id_format text;
alter table if exists auth.saml_relay_states add column if not exists flow_state_id uuid;
alter type auth.factor_type add value if not exists 'phone';
`

/**
 * What the tables need once all of them are there: keys between old ones and new ones, and an identity for everybody who signed in by email
 * before there were identities.
 */
export const liftedSchemaSql = `
do $$ begin
  if not exists (select from pg_constraint where conrelid = 'auth.refresh_tokens'::regclass and contype = 'u') then
    alter table auth.refresh_tokens add constraint refresh_tokens_token_unique unique (token);
  end if;
  if not exists (select from pg_constraint where conrelid = 'auth.refresh_tokens'::regclass and contype = 'f') then
    alter table auth.refresh_tokens add constraint refresh_tokens_session_id_fkey
      foreign key (session_id) references auth.sessions (id) on delete cascade;
  end if;
  if not exists (select from pg_constraint where conrelid = 'auth.saml_relay_states'::regclass and conname = 'saml_relay_states_flow_state_id_fkey') then
    alter table auth.saml_relay_states add constraint saml_relay_states_flow_state_id_fkey
      foreign key (flow_state_id) references auth.flow_state (id) on delete cascade;
  end if;
end $$;
insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
select id::text, id, jsonb_build_object('sub', id, 'email', email, 'email_verified', email_confirmed_at is not null), 'email',
  last_sign_in_at, coalesce(created_at, now()), coalesce(updated_at, now())
from auth.users
where coalesce(email, '') <> '' and coalesce(encrypted_password, '') <> '' and not is_sso_user
  and not exists (select from auth.identities where user_id = users.id)
on conflict do nothing;
`

/** What policies ask about the caller, in the form that reads the settings of PostgREST before and since its version 9. Not ours to replace where somebody else owns them. */
export const callerFunctionsSql = `
do $$ begin
  create or replace function auth.uid() returns uuid language sql stable as $body$
    select coalesce(
      nullif(current_setting('request.jwt.claim.sub', true), ''),
      nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
    )::uuid
  $body$;
exception when insufficient_privilege then null; end $$;
do $$ begin
  create or replace function auth.role() returns text language sql stable as $body$
    select coalesce(
      nullif(current_setting('request.jwt.claim.role', true), ''),
      nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    )
  $body$;
exception when insufficient_privilege then null; end $$;
do $$ begin
  create or replace function auth.email() returns text language sql stable as $body$
    select coalesce(
      nullif(current_setting('request.jwt.claim.email', true), ''),
      nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
    )
  $body$;
exception when insufficient_privilege then null; end $$;
do $$ begin
  create or replace function auth.jwt() returns jsonb language sql stable as $body$
    select coalesce(
      nullif(current_setting('request.jwt.claim', true), ''),
      nullif(current_setting('request.jwt.claims', true), '')
    )::jsonb
  $body$;
exception when insufficient_privilege then null; end $$;
`
