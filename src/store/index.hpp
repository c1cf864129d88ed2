#pragma once
#include <string>

#include "store/sqlite.hpp"
#include "store/vfs.hpp"

namespace containerlib::store {

/// The tables of index.sqlite: what is committed. Foreign processes see a transaction wholly or not
/// at all. One thread at a time (Store's mutex).
class Index {
 public:
  /// Opens root/index.sqlite; makes file and tables when they are missing. `root_dir` is locked
  /// while it does.
  Index(Vfs&, int root_dir, const std::string& root, bool durable);
  Database& db() noexcept { return db_; }

 private:
  friend class Transaction;
  void make_tables();

  Vfs& vfs_;
  bool durable_;
  Database db_;
};

/// The index's write lock, which also guards blobs/, layers/ and l/: whoever renames anything there
/// holds it. Short. Rolled back unless commit() was called.
class Transaction {
 public:
  /// durable: the commit survives a power failure (when the store is durable at all). Otherwise it
  /// survives the death of the process only.
  enum class Survives { power_failure, process };
  explicit Transaction(Index&, Survives = Survives::power_failure);
  Transaction(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Index& index_;
  bool open_ = true;
};

}  // namespace containerlib::store
