-- Listings. Each walks the index from entry to entry and jumps over whole folders, so a page costs what it shows and not what lies below it.
-- chr(1114111) is the last character there is: a name followed by it sorts behind everything that starts with the name.

-- The folder below prefix that holds the key, with its closing delimiter; null when the key is no deeper.
create or replace function storage.get_common_prefix(p_key text, p_prefix text, p_delimiter text) returns text language sql immutable as $$
  select case when p_delimiter <> '' and position(p_delimiter in substr(p_key, length(p_prefix) + 1)) > 0
    then left(p_key, length(p_prefix) + position(p_delimiter in substr(p_key, length(p_prefix) + 1)) + length(p_delimiter) - 1)
  end
$$;

-- Files and folders below prefix, without regard to case; names relative to prefix. Folders have no id.
create or replace function storage.search(
  prefix text, bucketname text, limits int default 100, levels int default 1, offsets int default 0,
  search text default '', sortcolumn text default 'name', sortorder text default 'asc'
) returns table (name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz, metadata jsonb)
language plpgsql stable as $$
declare
  start text := lower(coalesce(prefix, '') || coalesce(search, ''));
  finish text := lower(coalesce(prefix, '') || coalesce(search, '')) || chr(1114111);
  base int := length(coalesce(prefix, ''));
  ascending boolean := lower(coalesce(sortorder, 'asc')) <> 'desc';
  direction text := case when ascending then 'asc' else 'desc' end;
  most int := least(coalesce(limits, 100), 1500);
  seek text := case when ascending then start else finish end;
  last_name text;
  passed int := 0;
  shown int := 0;
  entry record;
  folder text;
begin
  if lower(coalesce(sortcolumn, 'name')) in ('updated_at', 'created_at', 'last_accessed_at') then
    return query execute format($sql$
      with inside as (
        select substr(o.name, $3 + 1) as rest, o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata
        from storage.objects o
        where o.bucket_id = $1 and lower(o.name) collate "C" >= $2 and lower(o.name) collate "C" < $4
      ), entries as (
        select distinct split_part(rest, '/', 1) as entry, null::uuid as id, null::timestamptz as updated_at,
          null::timestamptz as created_at, null::timestamptz as last_accessed_at, null::jsonb as metadata, 0 as rank
        from inside where position('/' in rest) > 0
        union all
        select rest, i.id, i.updated_at, i.created_at, i.last_accessed_at, i.metadata, 1 from inside i where position('/' in rest) = 0
      )
      select e.entry, e.id, e.updated_at, e.created_at, e.last_accessed_at, e.metadata from entries e
      order by e.rank, e.%I %s, e.entry %s limit $5 offset $6
    $sql$, lower(sortcolumn), direction, direction)
    using bucketname, start, base, finish, most, coalesce(offsets, 0);
    return;
  end if;

  while shown < most loop
    if ascending then
      select o.name, o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata into entry from storage.objects o
      where o.bucket_id = bucketname and lower(o.name) collate "C" >= seek and lower(o.name) collate "C" < finish
        and (last_name is null or lower(o.name) collate "C" > seek or o.name collate "C" > last_name)
      order by lower(o.name) collate "C", o.name collate "C" limit 1;
    else
      select o.name, o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata into entry from storage.objects o
      where o.bucket_id = bucketname and lower(o.name) collate "C" <= seek and lower(o.name) collate "C" >= start
        and (lower(o.name) collate "C" < seek or o.name collate "C" < last_name)
      order by lower(o.name) collate "C" desc, o.name collate "C" desc limit 1;
    end if;
    exit when not found;
    folder := storage.get_common_prefix(substr(entry.name, base + 1), '', '/');
    passed := passed + 1;
    if passed > coalesce(offsets, 0) then
      shown := shown + 1;
      if folder is null then
        name := substr(entry.name, base + 1); id := entry.id; updated_at := entry.updated_at;
        created_at := entry.created_at; last_accessed_at := entry.last_accessed_at; metadata := entry.metadata;
      else
        name := left(folder, -1); id := null; updated_at := null; created_at := null; last_accessed_at := null; metadata := null;
      end if;
      return next;
    end if;
    if folder is null then
      seek := lower(entry.name);
      last_name := entry.name;
    else
      seek := lower(left(entry.name, base) || folder) || case when ascending then chr(1114111) else '' end;
      last_name := null;
    end if;
  end loop;
end
$$;

-- The S3 listing: whole keys, folders once with their closing delimiter. start_after may name a folder.
create or replace function storage.list_objects_with_delimiter(
  _bucket_id text, prefix_param text, delimiter_param text, max_keys int default 100,
  start_after text default '', next_token text default '', sort_order text default 'asc'
) returns table (name text, id uuid, metadata jsonb, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz)
language plpgsql stable as $$
declare
  start text := coalesce(prefix_param, '');
  finish text := coalesce(prefix_param, '') || chr(1114111);
  after text := coalesce(nullif(next_token, ''), nullif(start_after, ''));
  ascending boolean := lower(coalesce(sort_order, 'asc')) <> 'desc';
  seek text := case when ascending then start else coalesce(after, finish) end;
  include boolean := true;
  shown int := 0;
  entry record;
  folder text;
begin
  if ascending and after collate "C" > start then
    -- After a folder means after all that is in it.
    if starts_with(after, start) and storage.get_common_prefix(after, start, delimiter_param) = after then
      seek := after || chr(1114111);
    else
      seek := after;
      include := false;
    end if;
  end if;
  while shown < coalesce(max_keys, 100) loop
    if ascending then
      select o.name, o.id, o.metadata, o.updated_at, o.created_at, o.last_accessed_at into entry from storage.objects o
      where o.bucket_id = _bucket_id and o.name collate "C" >= seek and (include or o.name collate "C" > seek) and o.name collate "C" < finish
      order by o.name collate "C" limit 1;
    else
      select o.name, o.id, o.metadata, o.updated_at, o.created_at, o.last_accessed_at into entry from storage.objects o
      where o.bucket_id = _bucket_id and o.name collate "C" < seek and o.name collate "C" >= start
      order by o.name collate "C" desc limit 1;
    end if;
    exit when not found;
    folder := storage.get_common_prefix(entry.name, start, delimiter_param);
    shown := shown + 1;
    if folder is null then
      name := entry.name; id := entry.id; metadata := entry.metadata; updated_at := entry.updated_at;
      created_at := entry.created_at; last_accessed_at := entry.last_accessed_at;
      seek := entry.name;
      include := false;
    else
      name := folder; id := null; metadata := null; updated_at := null; created_at := null; last_accessed_at := null;
      seek := folder || case when ascending then chr(1114111) else '' end;
      include := true;
    end if;
    return next;
  end loop;
end
$$;

-- One level of a listing by cursor: `name` is the whole key, `key` its last segment. Folders have no id.
create or replace function storage.search_v2(
  prefix text, bucket_name text, limits int default 100, levels int default 1, start_after text default '',
  sort_order text default 'asc', sort_column text default 'name', sort_column_after text default ''
) returns table (key text, name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz, metadata jsonb)
language plpgsql stable as $$
declare
  start text := coalesce(prefix, '');
  direction text := case when lower(coalesce(sort_order, 'asc')) = 'desc' then 'desc' else 'asc' end;
begin
  if lower(coalesce(sort_column, 'name')) not in ('updated_at', 'created_at') then
    return query
      select split_part(l.name, '/', coalesce(levels, 1)), l.name, l.id, l.updated_at, l.created_at, l.last_accessed_at, l.metadata
      from storage.list_objects_with_delimiter(bucket_name, start, '/', limits, coalesce(start_after, ''), '', direction) l;
    return;
  end if;
  return query execute format($sql$
    with entries as (
      select storage.get_common_prefix(o.name, $2, '/') as folder, o.*
      from storage.objects o where o.bucket_id = $1 and starts_with(o.name, $2)
    ), merged as (
      select e.folder as name, null::uuid as id, null::timestamptz as updated_at, null::timestamptz as created_at,
        null::timestamptz as last_accessed_at, null::jsonb as metadata, date_trunc('milliseconds', min(e.%1$I)) as sorted
      from entries e where e.folder is not null group by e.folder
      union all
      select e.name, e.id, e.updated_at, e.created_at, e.last_accessed_at, e.metadata, date_trunc('milliseconds', e.%1$I)
      from entries e where e.folder is null
    )
    select split_part(m.name, '/', $3), m.name, m.id, coalesce(m.updated_at, case when m.id is null then m.sorted end),
      coalesce(m.created_at, case when m.id is null then m.sorted end), m.last_accessed_at, m.metadata
    from merged m
    where $4 = '' or row(m.sorted, m.name collate "C") %2$s row(coalesce(nullif($5, '')::timestamptz, 'epoch'), $4)
    order by m.sorted %3$s, m.name collate "C" %3$s limit $6
  $sql$, lower(sort_column), case direction when 'asc' then '>' else '<' end, direction)
  using bucket_name, start, coalesce(levels, 1), coalesce(start_after, ''), coalesce(sort_column_after, ''), limits;
end
$$;

create or replace function storage.list_multipart_uploads_with_delimiter(
  bucket_id text, prefix_param text, delimiter_param text, max_keys int default 100,
  next_key_token text default '', next_upload_token text default ''
) returns table (key text, id text, created_at timestamptz) language sql stable as $$
  with uploads as (
    select coalesce(storage.get_common_prefix(u.key, coalesce(prefix_param, ''), delimiter_param), u.key) collate "C" as key, u.id, u.created_at
    from storage.s3_multipart_uploads u
    where u.bucket_id = $1 and starts_with(u.key, coalesce(prefix_param, ''))
      and (next_upload_token = '' or u.id collate "C" > next_upload_token)
  )
  select distinct on (key) key, id, created_at from uploads
  where next_key_token = '' or next_upload_token <> '' or key > next_key_token
  order by key, created_at limit max_keys
$$;
