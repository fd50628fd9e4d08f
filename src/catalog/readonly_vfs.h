#pragma once

namespace tonearm::catalog {

/// The name of an SQLite VFS that neither creates, writes nor deletes a database, a journal or a
/// write-ahead log. `mode=ro` alone is not enough: it creates and deletes the -wal where it may,
/// and what root creates the catalog's owner cannot write. (-shm is the business of
/// `readonly_shm=1`.)
const char* readonly_vfs();

}  // namespace tonearm::catalog
