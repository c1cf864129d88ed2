#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

// The few words of SQLite the index needs. Failures throw the matching errno (SQLITE_FULL is
// ENOSPC) with SQLite's own text as the hint.
namespace containerlib::store {

class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  std::string text(int column) const;
  std::int64_t number(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// A connection. One thread at a time.
class Database {
 public:
  /// Opens an existing file (an empty one will do).
  explicit Database(const std::string& path);

  /// One statement; values are bound to ?1, ?2, …
  template <class... Values>
  void run(std::string_view sql, const Values&... values) {
    Statement statement = prepare(sql);
    bind_all(statement.get(), values...);
    while (step(statement.get())) {
    }
  }
  /// The same, and calls each(Row) for every row.
  template <class Each, class... Values>
  void each(std::string_view sql, Each&& each, const Values&... values) {
    Statement statement = prepare(sql);
    bind_all(statement.get(), values...);
    while (step(statement.get())) each(Row(statement.get()));
  }
  /// Whether the query has a row.
  template <class... Values>
  bool any(std::string_view sql, const Values&... values) {
    Statement statement = prepare(sql);
    bind_all(statement.get(), values...);
    return step(statement.get());
  }

 private:
  struct Close {
    void operator()(sqlite3*) const noexcept;
  };
  struct Finalize {
    void operator()(sqlite3_stmt*) const noexcept;
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

  Statement prepare(std::string_view sql);
  bool step(sqlite3_stmt*);
  void bind(sqlite3_stmt*, int index, std::string_view);
  void bind(sqlite3_stmt*, int index, std::int64_t);
  template <class... Values>
  void bind_all([[maybe_unused]] sqlite3_stmt* statement, const Values&... values) {
    [[maybe_unused]] int index = 0;
    (bind(statement, ++index, values), ...);
  }
  void check(int code, std::string_view operation);

  std::string path_;
  std::unique_ptr<sqlite3, Close> connection_;
};

}  // namespace containerlib::store
