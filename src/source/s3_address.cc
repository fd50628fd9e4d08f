#include "source/s3_address.h"

#include "tonearm/base/char_set.h"
#include "tonearm/http/url.h"

#include "source/sigv4.h"

#include <boost/url/ipv4_address.hpp>
#include <boost/url/pct_string_view.hpp>

#include <algorithm>

namespace tonearm::source {
namespace {

namespace urls = boost::urls;

constexpr std::string_view amazon = ".amazonaws.com";

Error bad_locator(std::string why) { return Error{ErrorKind::bad_locator, std::move(why), {}}; }

constexpr CharSet bucket_chars = make_char_set(".-_");

/// A label or more of a host name: RFC 1123 §2.1, as S3 wants buckets to be.
bool is_host_label(std::string_view bucket) {
  const auto is_letter_or_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  };
  return is_letter_or_digit(bucket.front()) && is_letter_or_digit(bucket.back()) &&
         bucket.find("..") == std::string_view::npos &&
         std::all_of(bucket.begin(), bucket.end(),
                     [&](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
}

bool is_ip_address(std::string_view host) {
  return host.starts_with('[') || urls::parse_ipv4_address(host);
}

/// `eu-west-3`, `us-gov-east-1`: no service of theirs is called so.
bool is_region(std::string_view label) {
  const auto last = label.rfind('-');
  return label.size() > 5 && label[2] == '-' && last > 3 &&
         consists_of(make_char_set("-"), label) &&
         label.find_first_not_of("0123456789", last + 1) == std::string_view::npos;
}

/// `[BUCKET.]s3.amazonaws.com`, `[BUCKET.]s3.REGION.…`, `[BUCKET.]s3-REGION.…`, dual-stack or not:
/// below amazonaws.com anybody may rent a host.
bool is_amazons_s3(std::string_view host) {
  if (!host.ends_with(amazon)) return false;
  host.remove_suffix(amazon.size());
  const auto take_label = [&] {
    const auto dot = host.rfind('.');
    const std::string_view label = host.substr(dot == host.npos ? 0 : dot + 1);
    host = host.substr(0, dot == host.npos ? 0 : dot);
    return label;
  };
  std::string_view label = take_label();
  if (label == "s3" || (label.starts_with("s3-") && is_region(label.substr(3)))) return true;
  if (!is_region(label)) return false;
  label = take_label();
  if (label == "dualstack") label = take_label();
  return label == "s3" || label == "s3-fips";
}

std::string decoded_path(const OriginUrl& url) {
  return urls::pct_string_view(http::parse_url(url.text).value().path).decode({});
}

bool has_segment(std::string_view path, std::string_view segment) {
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    if (path.substr(start, slash - start) == segment) return true;
    start = slash + 1;
  }
  return false;
}

/// s3.amazonaws.com and s3.REGION.amazonaws.com are one service with a host for each region. The
/// first is us-east-1's: what it is asked of others it redirects, or refuses.
std::string host_for_region(const OriginUrl& endpoint, const S3Options& options,
                            std::string_view region) {
  const bool global = endpoint.host == "s3.amazonaws.com";
  const bool regional = endpoint.host == "s3." + options.region + std::string(amazon);
  const std::string home = global ? "us-east-1" : options.region;
  if ((!global && !regional) || region == home) return endpoint.host;
  return "s3." + std::string(region) + std::string(amazon);
}

std::string host_field(const OriginUrl& url) {
  const bool usual = url.port == (url.scheme == "https" ? "443" : "80");
  return usual ? url.host : url.authority();
}

}  // namespace

Result<S3Object> parse_s3_object(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) {
    return bad_locator("the catalog's file value names no key; give s3://bucket/key");
  }
  S3Object object{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  const bool named = !object.bucket.empty() && object.bucket.size() <= 255 &&
                     object.bucket != "." && object.bucket != ".." &&
                     consists_of(bucket_chars, object.bucket);
  if (!named) {
    return bad_locator(
        "the catalog's file value names no possible S3 bucket; give s3://bucket/key");
  }
  if (has_segment(object.key, ".") || has_segment(object.key, "..")) {
    return bad_locator("the catalog's file value has a \".\" or \"..\" path segment");
  }
  return object;
}

Result<S3Address> s3_address(const S3Options& options, const S3Object& object,
                             std::string_view region) {
  Result<OriginUrl> endpoint = parse_origin_url(options.endpoint);
  if (!endpoint) return endpoint.error();
  const bool has_dot = object.bucket.find('.') != std::string::npos;
  const bool in_path = options.path_style || is_ip_address(endpoint->host) ||
                       !is_host_label(object.bucket) || object.bucket.size() > 63 ||
                       (has_dot && endpoint->scheme == "https");
  S3Address address;
  std::string prefix = aws_encode(decoded_path(*endpoint));
  address.url = std::move(*endpoint);
  address.url.host = host_for_region(address.url, options, region);
  if (!in_path) address.url.host = object.bucket + '.' + address.url.host;
  while (!prefix.empty() && prefix.back() == '/') prefix.pop_back();
  address.path = prefix + (in_path ? '/' + object.bucket : std::string()) + '/';
  address.path += aws_encode(object.key);
  address.host = host_field(address.url);
  address.url.text = address.url.scheme + "://" + address.host + address.path;
  return address;
}

S3Address s3_address_of(OriginUrl url) {
  S3Address address;
  // Encoded anew: what is sent must be what is signed.
  address.path = aws_encode(decoded_path(url));
  if (address.path.empty()) address.path = "/";
  address.host = host_field(url);
  address.url = std::move(url);
  if (address.url.text.find('?') == std::string::npos) {
    address.url.text = address.url.scheme + "://" + address.host + address.path;
  }
  return address;
}

bool may_sign_for(const OriginUrl& to, const OriginUrl& from, std::string_view bucket) {
  const std::string in_host = std::string(bucket) + '.';
  return to.host == from.host || to.host == in_host + from.host || from.host == in_host + to.host ||
         (is_amazons_s3(to.host) && is_amazons_s3(from.host));
}

}  // namespace tonearm::source
