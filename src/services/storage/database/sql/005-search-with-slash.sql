-- As before, but what is searched may hold a slash: a folder is then one behind all of it, not one inside it.
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
        select substr(o.name, $3 + 1) as rest, position('/' in substr(o.name, length($2) + 1)) as slash, length($2) - $3 as behind, o.id, o.updated_at, o.created_at, o.last_accessed_at, o.metadata
        from storage.objects o
        where o.bucket_id = $1 and lower(o.name) collate "C" >= $2 and lower(o.name) collate "C" < $4
      ), entries as (
        select distinct left(rest, behind + slash - 1) as entry, null::uuid as id, null::timestamptz as updated_at,
          null::timestamptz as created_at, null::timestamptz as last_accessed_at, null::jsonb as metadata, 0 as rank
        from inside where slash > 0
        union all
        select rest, i.id, i.updated_at, i.created_at, i.last_accessed_at, i.metadata, 1 from inside i where slash = 0
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
    folder := substr(storage.get_common_prefix(entry.name, left(entry.name, length(start)), '/'), base + 1);
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

