#include "archive/loader.hpp"

#include <fcntl.h>

#include <algorithm>

#include "archive/source.hpp"
#include "archive/unpack.hpp"
#include "base/error.hpp"
#include "oci/media_type.hpp"
#include "store/files.hpp"

namespace containerlib::archive {
namespace {

constexpr std::uint64_t worth_a_thread = 1 << 20;

std::string_view name_of(oci::Compression compression) {
  switch (compression) {
    case oci::Compression::gzip: return "gzip";
    case oci::Compression::zstd: return "zstd";
    case oci::Compression::none: break;
  }
  return "no compression";
}

/// A staged blob as the tar it holds, with the digest of that.
class LayerStream {
 public:
  LayerStream(store::Vfs& vfs, int dir, const store::StagedBlob& blob, oci::Compression compression,
              const Limits& limits, const std::string& subject, oci::Digest::Algorithm algorithm,
              const std::stop_token& stop)
      : fd_(store::open_at(vfs, dir, blob.file, O_RDONLY)),
        file_(vfs, fd_.get(), subject, stop),
        peeked_(file_) {
    if (peeked_.compression() != compression)
      throw_corrupt(subject, "its media type promises " + std::string(name_of(compression)) +
                                 ", its content is " + std::string(name_of(peeked_.compression())));
    plain_ = inflate(peeked_, compression, limits, subject);
    hashing_.emplace(*plain_, algorithm);
  }
  HashingSource& tar() { return *hashing_; }

 private:
  Fd fd_;
  FdSource file_;
  PeekedSource peeked_;
  std::unique_ptr<Source> plain_;
  std::optional<HashingSource> hashing_;
};

[[noreturn]] void throw_wrong_diff_id(const std::string& subject, const oci::Digest& real) {
  throw_corrupt(subject, "its content has the diffID " + real.text());
}

}  // namespace

Loader::Loader(store::Store& store, store::Staging& staging, const Host& host, std::stop_token stop,
               bool reuse)
    : store_(store),
      staging_(staging),
      host_(host),
      stop_(std::move(stop)),
      reuse_(reuse),
      log_([&store](LogLevel level, std::string_view line) { store.log(level, line); }) {}

void Loader::add_blob(const store::StagedBlob& blob) {
  for (const store::StagedBlob& known : batch_.blobs)
    if (known.digest == blob.digest) return;
  batch_.blobs.push_back(blob);
}

const store::StagedLayer* Loader::staged(const oci::Digest& diff_id) const {
  for (const store::StagedLayer& layer : batch_.layers)
    if (layer.diff_id == diff_id) return &layer;
  return nullptr;
}

std::vector<const store::StagedLayer*> Loader::visible(
    const std::vector<oci::Digest>& below) const {
  std::vector<const store::StagedLayer*> out;
  for (auto diff_id = below.rbegin(); diff_id != below.rend(); ++diff_id) {
    out.push_back(staged(*diff_id));
    if (out.back()->record.opaque_root) break;
  }
  return out;
}

Fd Loader::open(const store::StagedLayer& layer) const {
  if (layer.dir.empty()) return store_.open_layer(layer.diff_id);
  return store::open_dir(store_.vfs(), staging_.dir(), layer.dir);
}

oci::Digest Loader::digest_of_content(const store::StagedBlob& blob, oci::Compression compression,
                                      const std::string& subject,
                                      oci::Digest::Algorithm algorithm) {
  LayerStream stream(store_.vfs(), staging_.dir(), blob, compression, host_.limits, subject,
                     algorithm, stop_);
  return stream.tar().finish();
}

Loader::Unpacked Loader::unpack_to(const std::string& dir, const store::StagedBlob& blob,
                                   oci::Compression compression, const oci::Digest* expected,
                                   const std::vector<oci::Digest>& below) {
  std::string subject = "layer " + (expected ? *expected : blob.digest).text();
  LayerStream stream(store_.vfs(), staging_.dir(), blob, compression, host_.limits, subject,
                     expected ? expected->algorithm() : oci::Digest::Algorithm::sha256, stop_);
  store::ensure_dir(store_.vfs(), staging_.dir(), dir, 0700);
  Fd root = store::open_dir(store_.vfs(), staging_.dir(), dir);
  const std::vector<const store::StagedLayer*> lowers = visible(below);
  LayerJob job{
      .vfs = store_.vfs(),
      .root = root.get(),
      .open_lower =
          [&](std::size_t number) { return number < lowers.size() ? open(*lowers[number]) : Fd(); },
      .subject = subject,
      .host = host_,
      .log = log_};
  store::LayerRecord record;
  if (blob.size < worth_a_thread) {
    record = unpack(stream.tar(), job);
  } else {
    auto ahead = read_ahead(stream.tar());
    record = unpack(*ahead, job);
  }
  record.tar_size = stream.tar().size();
  return {stream.tar().finish(), std::move(record)};
}

void Loader::add_layer(const oci::Digest& diff_id, const store::StagedBlob& blob,
                       oci::Compression compression, const std::vector<oci::Digest>& below) {
  std::pair pair{diff_id, blob.digest};
  if (verified_.contains(pair)) return;
  make_layer(diff_id, blob, compression, below);
  verified_.insert(std::move(pair));
}

void Loader::make_layer(const oci::Digest& diff_id, const store::StagedBlob& blob,
                        oci::Compression compression, const std::vector<oci::Digest>& below) {
  bool in_batch = staged(diff_id) != nullptr;
  std::optional<store::LayerRecord> in_store;
  if (!in_batch && reuse_) in_store = store_.layer(diff_id);
  if (in_store)
    batch_.layers.push_back({.diff_id = diff_id, .record = *std::move(in_store), .dir = {}});
  if (in_batch || in_store) {
    if (store_.knows_layer(diff_id, blob.digest)) return;
    std::string subject = "layer " + diff_id.text();
    oci::Digest real = digest_of_content(blob, compression, subject, diff_id.algorithm());
    if (real != diff_id) throw_wrong_diff_id(subject, real);
    return;
  }
  std::string dir = staging_.fresh_name();
  Unpacked unpacked = unpack_to(dir, blob, compression, &diff_id, below);
  if (unpacked.diff_id != diff_id) throw_wrong_diff_id("layer " + diff_id.text(), unpacked.diff_id);
  batch_.layers.push_back({diff_id, std::move(unpacked.record), std::move(dir)});
}

oci::Digest Loader::add_unknown_layer(const store::StagedBlob& blob, oci::Compression compression) {
  std::string dir = staging_.fresh_name();
  Unpacked unpacked = unpack_to(dir, blob, compression, nullptr, {});
  batch_.layers.push_back({unpacked.diff_id, std::move(unpacked.record), std::move(dir)});
  return unpacked.diff_id;
}

void Loader::add_image(store::NewImage image) {
  for (store::NewImage& known : batch_.images) {
    if (known.digest != image.digest) continue;
    for (oci::Reference& name : image.names) known.names.push_back(std::move(name));
    return;
  }
  batch_.images.push_back(std::move(image));
}

bool Loader::commit() { return store_.commit(staging_, batch_); }

}  // namespace containerlib::archive
