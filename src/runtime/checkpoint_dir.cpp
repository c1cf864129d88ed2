#include "runtime/checkpoint_dir.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>

#include "archive/source.hpp"
#include "archive/tree_reader.hpp"
#include "archive/unpack.hpp"
#include "base/error.hpp"
#include "linux/text.hpp"
#include "oci/json.hpp"
#include "runtime/engine.hpp"
#include "runtime/text_file.hpp"
#include "store/files.hpp"

namespace containerlib::runtime {
namespace {

namespace json = boost::json;

constexpr const char* record_file = "/container.json";
constexpr const char* upper_file = "/upper.tar";
constexpr int version = 1;

Fd open_directory(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw_errno(errno, "open directory", path);
  return fd;
}

CheckpointRecord parse_record(std::string_view text, const std::string& file) try {
  const json::value all = json::parse(text);
  if (all.at("version").to_number<int>() != version)
    throw_errno(EBADMSG, "read checkpoint", file, "it is of another version of this library");
  CheckpointRecord out;
  out.image_id = all.at("image_id").as_string();
  out.container = from_json(json::serialize(all.at("container")), file);
  if (const json::value& first = all.at("first_id"); !first.is_null())
    out.first_id = first.to_number<std::uint32_t>();
  out.tcp_established = all.at("tcp_established").as_bool();
  out.file_locks = all.at("file_locks").as_bool();
  return out;
} catch (const Error&) {
  throw;
} catch (const std::exception& error) {
  throw_errno(EBADMSG, "read checkpoint", file, error.what());
}

}  // namespace

void make_checkpoint_dir(const std::string& dir) {
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) throw_errno(errno, "make directory", dir);
  const Fd fd = open_directory(dir);
  store::check(store::Vfs::real().list(fd.get(),
                                       [&](const std::string& name, unsigned char) {
                                         if (name != "dump.log")
                                           throw_errno(ENOTEMPTY, "write checkpoint to", dir);
                                       }),
               "read directory", dir);
}

std::string images_dir(const std::string& dir) { return dir + "/images"; }

void write_record(const std::string& dir, const CheckpointRecord& record) {
  const json::value first = record.first_id ? json::value(*record.first_id) : json::value();
  const json::object all = {{"version", version},
                            {"image_id", record.image_id},
                            {"container", json::parse(to_json(record.container))},
                            {"first_id", first},
                            {"tcp_established", record.tcp_established},
                            {"file_locks", record.file_locks}};
  write_file(dir + record_file, json::serialize(all));
}

CheckpointRecord read_record(const std::string& dir) {
  const std::string file = dir + record_file;
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd)
    throw_errno(errno, "read checkpoint", file,
                errno == ENOENT ? "the directory holds no complete checkpoint" : "");
  return parse_record(sys::read_all(fd.get(), oci::json::max_config_size, file), file);
}

void save_upper(const Engine& engine, const std::string& dir, const std::string& upper) {
  const std::string file = dir + upper_file;
  const Fd from = open_directory(upper);
  const Fd to(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!to) throw_errno(errno, "make file", file);
  std::string waiting;
  const auto flush = [&] { write_all(to.get(), std::exchange(waiting, {}), file); };
  archive::TarWriter tar([&](std::string_view data) {
    waiting += data;
    if (waiting.size() >= archive::buffer_size) flush();
  });
  archive::write_upper(store::Vfs::real(), from.get(), tar,
                       [&](const std::string& line) { engine.log(LogLevel::warning, line); }, {});
  flush();
}

void load_upper(Engine& engine, const std::string& dir, const std::string& upper) {
  const std::string file = dir + upper_file;
  const Fd from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from) throw_errno(errno, "open file", file);
  const Fd to = open_directory(upper);
  archive::FdSource tar(store::Vfs::real(), from.get(), file, {});
  const archive::Host host = engine.archive_host();
  const store::Log log = [&](LogLevel level, std::string_view line) { engine.log(level, line); };
  archive::unpack(
      tar, {store::Vfs::real(), to.get(), [](std::size_t) { return Fd(); }, file, host, log});
}

void clear_checkpoint_dir(const Engine& engine, const std::string& dir) try {
  const Fd fd = open_directory(dir);
  for (const char* name : {record_file, upper_file}) ::unlinkat(fd.get(), name + 1, 0);
  store::remove_tree(store::Vfs::real(), fd.get(), "images");
} catch (const Error& error) {
  engine.log(LogLevel::warning, std::string("clean up after checkpoint: ") + error.what());
}

}  // namespace containerlib::runtime
