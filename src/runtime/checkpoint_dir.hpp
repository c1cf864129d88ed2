#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "runtime/definition_json.hpp"

// The directory of a checkpoint: "container.json", written last; "upper.tar", what the container
// has changed in its root file system, as a layer; "images", criu's; and criu's logs.
namespace containerlib::runtime {

class Engine;

/// What a checkpoint holds besides the process: all that a new container is made of.
struct CheckpointRecord {
  std::string image_id;
  StoredContainer container;
  /// Of the host: 0 of the container's user namespace. criu makes one with the same ids.
  std::optional<std::uint32_t> first_id;
  bool tcp_established = false, file_locks = false;
};

/// Makes the directory, which may be there if it is empty (but for the log of a checkpoint that has
/// failed). Throws ENOTEMPTY.
void make_checkpoint_dir(const std::string& dir);
std::string images_dir(const std::string& dir);

void write_record(const std::string& dir, const CheckpointRecord&);
/// Throws an errno: ENOENT for a directory without a checkpoint, EBADMSG for one that is damaged.
CheckpointRecord read_record(const std::string& dir);

/// From and to a container's upper directory.
void save_upper(const Engine&, const std::string& dir, const std::string& upper);
void load_upper(Engine&, const std::string& dir, const std::string& upper);

/// Removes all but the log.
void clear_checkpoint_dir(const Engine&, const std::string& dir);

}  // namespace containerlib::runtime
