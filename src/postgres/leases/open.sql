-- The last lease is gone: PUBLIC has again what it had.
drop event trigger if exists hangar_lease_watch;
select hangar.reopen();
drop owned by hangar_lease_ro, hangar_lease_rw;
drop role hangar_lease_ro, hangar_lease_rw;
drop function hangar.watch(), hangar.share(), hangar.reopen(), hangar.include_new_roles(), hangar.close(), hangar.public_excess(),
  hangar.harmless(), hangar.others();
drop table hangar.moved;
