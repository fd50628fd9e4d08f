#include "source/s3_route.h"

#include "tonearm/base/ascii.h"

#include "source/amz_date.h"
#include "source/s3_error.h"
#include "source/sigv4.h"

#include <utility>
#include <vector>

namespace tonearm::source {

S3Route::S3Route(std::shared_ptr<S3Account> account, HttpClient& client, S3Object object,
                 std::string region, S3Address address)
    : account_(std::move(account)),
      client_(client),
      object_(std::move(object)),
      region_(std::move(region)),
      address_(std::move(address)) {}

void S3Route::expect(const http::Validators& validators) {
  condition_ = if_match(validators);
  if (condition_.empty()) condition_ = if_range(validators);
}

void S3Route::accepted() {
  if (moved_ && signs_) account_->remember_region(object_.bucket, region_);
  moved_ = false;
  redirects_ = 0;
  keys_renewed_ = false;
}

io::Task<Result<void>> S3Route::prepare() {
  keys_ = account_->known_keys();
  if (!keys_) keys_ = co_await account_->load_keys();
  sign(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  co_return Result<void>{};
}

/// Makes `destination_` good for one request.
void S3Route::sign(std::chrono::sys_seconds now) {
  std::vector<HeaderField> own;
  const bool sign = signs_ && !keys_->anonymous();
  if (sign) {
    own.emplace_back("x-amz-content-sha256", empty_payload);
    own.emplace_back("x-amz-date", format_amz_date(now));
    if (!keys_->session_token.empty()) {
      own.emplace_back("x-amz-security-token", keys_->session_token);
    }
    // Those of the operator's must be signed too, or S3 refuses them.
    for (const auto& [name, value] : client_.options().headers) {
      if (istarts_with(name, "x-amz-")) own.emplace_back(to_lower(name), value);
    }
    SigningRequest request;
    request.path = address_.path;
    request.fields = own;
    request.fields.emplace_back("host", address_.host);
    request.payload_hash = empty_payload;
    own.emplace_back("Authorization", authorization(request, *keys_, region_, now));
  }
  destination_.url = address_.url;
  destination_.configured = configured_;
  const bool is_their_host = signs_ && configured_;
  destination_.headers = client_.make_headers(
      own, condition_, is_their_host ? HttpClient::Upstream::all : HttpClient::Upstream::harmless);
}

io::Task<Result<void>> S3Route::renew(const Refusal& refusal) {
  const UpstreamHead& head = refusal.head;
  const S3Refusal said = parse_s3_refusal(refusal.body);
  if (move_to_region(head.bucket_region.empty() ? said.region : head.bucket_region)) {
    co_return Result<void>{};
  }
  if (refusal.head.status < 400 && !head.location.empty()) co_return follow(head.location);
  if (signs_ && !keys_renewed_ && refuses_keys(head.status, said.code)) {
    keys_renewed_ = true;
    S3Account::Keys now = co_await account_->renew_keys(keys_);
    if (*now != *keys_) co_return Result<void>{};
  }
  Error error = error_of_s3(head.status, said.code);
  if (signs_ && !keys_->fault.empty()) error.detail += ", to an unsigned request: " + keys_->fault;
  co_return error;
}

/// S3 names the region in nearly every refusal: only another one is news. Who may see no signature
/// has no say in where the bucket is.
bool S3Route::move_to_region(const std::string& region) {
  constexpr unsigned most_moves = 3;
  constexpr std::string_view region_chars = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (!signs_ || region.empty() || region == region_ || redirects_ >= most_moves) return false;
  if (region.size() > 64 || region.find_first_not_of(region_chars) != std::string::npos) {
    return false;
  }
  Result<S3Address> address = s3_address(account_->options(), object_, region);
  if (!address) return false;
  ++redirects_;
  region_ = region;
  address_ = std::move(*address);
  moved_ = configured_ = true;
  return true;
}

/// A redirect as such (RFC 9110 §15.4): followed with a signature only where it may see one.
Result<void> S3Route::follow(const std::string& location) {
  Result<OriginUrl> to = resolve_redirect(address_.url, location);
  if (!to) return to.error();
  if (redirects_ >= client_.options().max_redirects) {
    return Error{ErrorKind::http_protocol_error, "more redirects than upstream.max_redirects", {}};
  }
  ++redirects_;
  // What brings its query along has been signed by whoever redirects.
  signs_ = signs_ && may_sign_for(*to, address_.url, object_.bucket) &&
           to->text.find('?') == std::string::npos;
  configured_ = configured_ && to->host == address_.url.host;
  address_ = s3_address_of(std::move(*to));
  return {};
}

}  // namespace tonearm::source
