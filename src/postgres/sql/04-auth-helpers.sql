-- What policies ask about the caller: claims of the verified token, as the API services put them into settings.
-- Both forms are read: one setting per claim (older clients of the settings) and the whole token as JSON.
set role supabase_auth_admin;

create function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$$;

create function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )
$$;

create function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )
$$;

create function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

comment on function auth.uid() is 'User id of the caller: the sub claim of its token.';
comment on function auth.role() is 'Role claim of the caller''s token.';
comment on function auth.email() is 'Email claim of the caller''s token; prefer auth.jwt() ->> ''email''.';
comment on function auth.jwt() is 'All claims of the caller''s token.';

grant execute on function auth.uid(), auth.role(), auth.email(), auth.jwt() to public;
reset role;
