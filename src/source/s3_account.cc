#include "tonearm/source/s3_account.h"

#include "source/aws_keys.h"

#include <cstdlib>
#include <utility>

namespace tonearm::source {
namespace {

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // nobody sets any once the loops run
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

std::string fault_of_keys(const S3Options& options) {
  return options.access_key.empty() ? find_aws_keys(variable).fault : std::string();
}

S3Account::S3Account(S3Options options, io::BlockingPool& pool)
    : options_(std::move(options)), pool_(pool) {
  if (options_.access_key.empty()) return;
  keys_ = std::make_shared<const AwsKeys>(
      AwsKeys{options_.access_key, options_.secret_key, options_.session_token, {}});
}

S3Account::Keys S3Account::known_keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

io::Task<S3Account::Keys> S3Account::load_keys() { return renew_keys(nullptr); }

io::Task<S3Account::Keys> S3Account::renew_keys(Keys refused) {
  Keys known = known_keys();
  // The configuration's are what they are; others may have been renewed by somebody else.
  if (known && (known != refused || !options_.access_key.empty())) co_return known;
  auto read = +[]() -> Keys { return std::make_shared<const AwsKeys>(find_aws_keys(variable)); };
  Keys fresh = co_await pool_.run(read);
  const std::lock_guard lock(mutex_);
  if (!keys_ || *keys_ != *fresh) keys_ = std::move(fresh);
  co_return keys_;
}

std::string S3Account::region_of(const std::string& bucket) const {
  const std::lock_guard lock(mutex_);
  const auto found = regions_.find(bucket);
  return found == regions_.end() ? options_.region : found->second;
}

void S3Account::remember_region(const std::string& bucket, std::string region) {
  const std::lock_guard lock(mutex_);
  regions_[bucket] = std::move(region);
}

std::shared_ptr<S3Account> S3Accounts::of(const S3Options& options) {
  const std::lock_guard lock(mutex_);
  if (!latest_ || latest_->options() != options) {
    latest_ = std::make_shared<S3Account>(options, pool_);
  }
  return latest_;
}

}  // namespace tonearm::source
