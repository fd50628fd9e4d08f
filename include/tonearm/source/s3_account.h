#pragma once

#include "tonearm/io/blocking_pool.h"
#include "tonearm/io/task.h"
#include "tonearm/source/s3_options.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace tonearm::source {

/// The keys that requests are signed with.
struct AwsKeys {
  std::string id;
  std::string secret;
  std::string session_token;
  /// Why there are none although there should be some, in one line.
  std::string fault = {};

  /// None at all: requests go unsigned.
  bool anonymous() const { return id.empty(); }
  friend bool operator==(const AwsKeys&, const AwsKeys&) = default;
};

/// What keeps the keys that `options` leave to the environment and its shared credentials file from
/// being had, in one line; empty when nothing does, or nobody said that there are any. Blocks.
std::string fault_of_keys(const S3Options& options);

/// What all loops share of one [s3] configuration: its keys, which may be replaced while songs
/// play, and the regions of its buckets. Thread-safe; outlived by `pool`.
class S3Account {
 public:
  using Keys = std::shared_ptr<const AwsKeys>;

  S3Account(S3Options options, io::BlockingPool& pool);

  const S3Options& options() const { return options_; }

  /// The keys, as far as they have been read; else null, and load_keys() reads them.
  Keys known_keys() const;
  io::Task<Keys> load_keys();
  /// `refused` were refused: what is there now, read anew unless somebody else just did. Equal to
  /// `refused` when there is nothing new. A file is read off the loop.
  io::Task<Keys> renew_keys(Keys refused);

  /// Where the bucket is known to be; s3.region as long as nobody said otherwise.
  std::string region_of(const std::string& bucket) const;
  void remember_region(const std::string& bucket, std::string region);

 private:
  const S3Options options_;
  io::BlockingPool& pool_;
  mutable std::mutex mutex_;
  Keys keys_;
  std::map<std::string, std::string> regions_;  ///< By bucket; only those that differ.
};

/// Hands the same account to all who have the same options: a reload that changes nothing here
/// keeps what was learned. Thread-safe.
class S3Accounts {
 public:
  explicit S3Accounts(io::BlockingPool& pool) : pool_(pool) {}

  std::shared_ptr<S3Account> of(const S3Options& options);

 private:
  io::BlockingPool& pool_;
  std::mutex mutex_;
  std::shared_ptr<S3Account> latest_;
};

}  // namespace tonearm::source
