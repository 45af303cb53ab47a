-- Who may try what; which rows is said by policies, and there are none until somebody writes them.
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
alter table storage.s3_multipart_uploads enable row level security;
alter table storage.s3_multipart_uploads_parts enable row level security;
alter table storage.buckets_analytics enable row level security;
alter table storage.buckets_vectors enable row level security;
alter table storage.vector_indexes enable row level security;

grant usage on schema storage to anon, authenticated, service_role;
grant all on storage.buckets, storage.objects, storage.buckets_analytics to anon, authenticated, service_role;
revoke all on storage.migrations from anon, authenticated, service_role;
do $$ begin
  if exists (select from pg_roles where rolname = 'postgres') then
    grant usage on schema storage to postgres;
    grant all on storage.buckets, storage.objects to postgres with grant option;
    if current_user <> 'postgres' then
      revoke all on storage.migrations from postgres;
    end if;
  end if;
end $$;
revoke all on storage.s3_multipart_uploads, storage.s3_multipart_uploads_parts from anon, authenticated;
grant select on storage.s3_multipart_uploads, storage.s3_multipart_uploads_parts to anon, authenticated;
grant all on storage.s3_multipart_uploads, storage.s3_multipart_uploads_parts to service_role;
revoke all on storage.buckets_vectors, storage.vector_indexes from anon, authenticated, service_role;
grant select on storage.buckets_vectors, storage.vector_indexes to anon, authenticated, service_role;
