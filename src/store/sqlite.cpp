#include "store/sqlite.hpp"

#include <sqlite3.h>

#include <cerrno>

#include "base/error.hpp"

namespace containerlib::store {
namespace {

constexpr int busy_milliseconds = 120'000;

int errno_of(int code, sqlite3* connection) {
  switch (code & 0xff) {
    case SQLITE_FULL: return ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return EBUSY;
    case SQLITE_NOMEM: return ENOMEM;
    case SQLITE_READONLY: return EROFS;
    case SQLITE_PERM: return EPERM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return EBADMSG;
    default: break;
  }
  int system = connection ? sqlite3_system_errno(connection) : 0;
  return system > 0 ? system : EIO;
}

}  // namespace

void Database::Close::operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
void Database::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Database::Database(const std::string& path) : path_(path) {
  sqlite3* connection = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                             nullptr);
  connection_.reset(connection);
  check(code, "open index");
  sqlite3_busy_timeout(connection, busy_milliseconds);
  // Its files are kept, empty: on a full disk they could not be made again, and reading must work.
  int keeps_wal = 1;
  sqlite3_file_control(connection, nullptr, SQLITE_FCNTL_PERSIST_WAL, &keeps_wal);
}

void Database::check(int code, std::string_view operation) {
  if (code == SQLITE_OK) return;
  throw_errno(errno_of(code, connection_.get()), std::string(operation), path_,
              connection_ ? sqlite3_errmsg(connection_.get()) : "");
}

Database::Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                &statement, nullptr);
  Statement out(statement);
  check(code, "read index");
  return out;
}

bool Database::step(sqlite3_stmt* statement) {
  int code = sqlite3_step(statement);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) check(code, "use index");
  return false;
}

void Database::bind(sqlite3_stmt* statement, int index, std::string_view value) {
  check(sqlite3_bind_text64(statement, index, value.data() ? value.data() : "", value.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8),
        "use index");
}

void Database::bind(sqlite3_stmt* statement, int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement, index, value), "use index");
}

std::string Row::text(int column) const {
  const unsigned char* data = sqlite3_column_text(statement_, column);
  int size = sqlite3_column_bytes(statement_, column);
  return data ? std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size))
              : std::string();
}

std::int64_t Row::number(int column) const { return sqlite3_column_int64(statement_, column); }

}  // namespace containerlib::store
