-- Rows of calls that ended together are one block: an array of rows, each an array in the order of the old table's columns.
create table audit_blocks (last_seq integer primary key, first_seq integer not null, rows text not null);
-- In which blocks rows of a silo (s:<id>) or of a caller (c:<id>) are.
create table audit_keys (key text not null, last_seq integer not null, primary key (key, last_seq)) without rowid;
-- Rows that were moved to files: from where to where, and sealed, what file it is and which hashes it begins and ends with.
create table audit_archives (last_seq integer primary key, first_seq integer not null, sealed blob not null);

insert into audit_blocks (last_seq, first_seq, rows)
  select seq, seq, json_array(json_array(seq, at, call, caller, role, via, operation, silo, input, outcome, code, duration_ms, hash))
  from audit order by seq;
insert into audit_keys (key, last_seq) select 'c:' || caller, seq from audit;
insert into audit_keys (key, last_seq) select 's:' || silo, seq from audit where silo is not null;
drop table audit;

create trigger audit_blocks_stay before delete on audit_blocks
  when old.last_seq > (select coalesce(max(last_seq), 0) from audit_archives)
  begin select raise(abort, 'the audit is append-only'); end;
create trigger audit_blocks_are_final before update on audit_blocks begin select raise(abort, 'the audit is append-only'); end;
create trigger audit_archives_stay before delete on audit_archives begin select raise(abort, 'the audit is append-only'); end;
create trigger audit_archives_are_final before update of last_seq, first_seq on audit_archives
  begin select raise(abort, 'the audit is append-only'); end;
