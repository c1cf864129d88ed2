#include "sandbox/seccomp/disk_entry.hpp"

#include <fmt/format.h>
#include <seccomp.h>

#include <cstring>

namespace containerlib::sandbox {
namespace {

// To be changed with whatever changes the programs that are made of a profile.
constexpr std::string_view compiler_version = "1";

/// FNV-1a, 64 bits.
std::uint64_t hash(std::string_view bytes) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char byte : bytes)
    value = (value ^ static_cast<std::uint8_t>(byte)) * std::uint64_t{0x100000001b3};
  return value;
}

void put(std::string& out, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "{}:{},", text.size(), text);
}

void put(std::string& out, std::uint64_t number) {
  fmt::format_to(std::back_inserter(out), "{},", number);
}

void put(std::string& out, std::optional<std::uint32_t> number) {
  if (number) put(out, std::uint64_t{*number});
  out += ';';
}

void put(std::string& out, const std::vector<std::string>& texts) {
  put(out, texts.size());
  for (const std::string& text : texts) put(out, text);
}

void put(std::string& out, const oci::SeccompRule& rule) {
  put(out, rule.names);
  put(out, rule.action);
  put(out, rule.errno_ret);
  put(out, rule.args.size());
  for (const oci::SeccompArgument& argument : rule.args) {
    put(out, std::uint64_t{argument.index});
    put(out, argument.value);
    put(out, argument.value_two);
    put(out, argument.op);
  }
}

struct Header {
  char magic[8] = {'c', 'l', 's', 'e', 'c', 'c', 'm', 'p'};
  std::uint64_t checksum = 0;  ///< of all that follows
  std::uint64_t key = 0, program = 0, unknown = 0;
};
constexpr std::size_t checked_from = offsetof(Header, key);

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out.append(text).push_back('\0');
  return out;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t end; (end = text.find('\0')) != text.npos; text.remove_prefix(end + 1))
    out.emplace_back(text.substr(0, end));
  return out;
}

}  // namespace

std::string seccomp_key(const oci::SeccompProfile& profile, Architecture architecture) {
  std::string key;
  put(key, compiler_version);
  const scmp_version* library = seccomp_version();
  for (const unsigned part : {library->major, library->minor, library->micro})
    put(key, std::uint64_t{part});
  put(key, static_cast<std::uint64_t>(architecture));
  put(key, profile.default_action);
  put(key, profile.default_errno_ret);
  put(key, profile.architectures);
  put(key, profile.syscalls.size());
  for (const oci::SeccompRule& rule : profile.syscalls) put(key, rule);
  return key;
}

std::string entry_name(std::string_view key) { return fmt::format("{:016x}", hash(key)); }

std::string entry_bytes(std::string_view key, const SeccompProgram& program) {
  const std::string unknown = joined(program.unknown);
  Header header;
  header.key = key.size();
  header.program = program.bytes.size();
  header.unknown = unknown.size();
  std::string bytes(sizeof header, '\0');
  bytes += key;
  bytes.append(reinterpret_cast<const char*>(program.bytes.data()), program.bytes.size());
  bytes += unknown;
  std::memcpy(bytes.data(), &header, sizeof header);
  header.checksum = hash(std::string_view(bytes).substr(checked_from));
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

std::optional<SeccompProgram> parse_entry(std::string_view bytes, std::string_view key) {
  Header header;
  if (bytes.size() < sizeof header + key.size()) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (std::memcmp(header.magic, Header{}.magic, sizeof header.magic) != 0) return std::nullopt;
  if (header.checksum != hash(bytes.substr(checked_from))) return std::nullopt;
  bytes.remove_prefix(sizeof header);
  if (header.key != key.size() || bytes.substr(0, key.size()) != key) return std::nullopt;
  bytes.remove_prefix(key.size());
  if (header.program > bytes.size() || header.unknown != bytes.size() - header.program)
    return std::nullopt;
  const auto* program = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return SeccompProgram{{program, program + header.program}, split(bytes.substr(header.program))};
}

}  // namespace containerlib::sandbox
