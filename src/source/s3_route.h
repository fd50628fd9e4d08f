#pragma once

#include "tonearm/source/s3_account.h"

#include "source/route.h"
#include "source/s3_address.h"

#include <memory>
#include <string>

namespace tonearm::source {

/// The route to an object of S3: every request signed anew, for the region where the bucket is said
/// to be, with keys that are read again when they are refused.
class S3Route final : public Route {
 public:
  /// `address` is where s3_address() says that `object` is.
  S3Route(std::shared_ptr<S3Account> account, HttpClient& client, S3Object object,
          std::string region, S3Address address);

  bool ready() const override { return false; }
  io::Task<Result<void>> prepare() override;
  const Destination& destination() const override { return destination_; }
  void expect(const http::Validators& validators) override;
  /// Not by the client: where it leads, another signature is due, or none.
  bool follows_redirects() const override { return false; }
  bool reads_refusals() const override { return true; }
  io::Task<Result<void>> renew(const Refusal& refusal) override;
  void accepted() override;
  std::uint64_t window() const override { return client_.options().window; }

 private:
  void sign(std::chrono::sys_seconds now);
  bool move_to_region(const std::string& region);
  Result<void> follow(const std::string& location);

  const std::shared_ptr<S3Account> account_;
  HttpClient& client_;  // the resource owns it
  const S3Object object_;
  std::string region_;
  S3Address address_;
  bool signs_ = true;       ///< A redirect led to a host that no signature may go to.
  bool configured_ = true;  ///< The host is the endpoint's own.
  S3Account::Keys keys_;    ///< What the last request was signed with.
  std::string condition_;
  Destination destination_;
  // Since an answer was last accepted().
  bool moved_ = false;  ///< To another region.
  unsigned redirects_ = 0;
  bool keys_renewed_ = false;
};

}  // namespace tonearm::source
