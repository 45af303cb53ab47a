-- What the desk tells parts of while a silo runs; deleted in the transaction that writes down its stop.
create table silo_connections (id text primary key, sealed blob not null) without rowid;

-- Every call of the desk, appended alone: each row carries the hash of itself and the row before it.
create table audit (
  seq integer primary key, at integer not null, call text not null, caller text not null, role text not null, via text not null,
  operation text not null, silo text, input text not null, outcome text not null, code text, duration_ms real not null,
  hash text not null
);
create index audit_silo on audit (silo, seq);
create index audit_caller on audit (caller, seq);
create trigger audit_rows_stay before delete on audit begin select raise(abort, 'the audit is append-only'); end;
create trigger audit_rows_are_final before update on audit begin select raise(abort, 'the audit is append-only'); end;
-- Number and hash of the last row, sealed: whoever cannot open secrets cannot shorten the audit unseen.
create table audit_head (one integer primary key check (one = 1), sealed blob not null);

create table approvals (id text primary key, plan_hash text not null, state text not null, data text not null) without rowid;
create index approvals_plan on approvals (plan_hash);
create table approval_rules (operation text primary key, required integer not null) without rowid;
