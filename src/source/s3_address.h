#pragma once

#include "tonearm/base/result.h"
#include "tonearm/source/s3_options.h"

#include "source/origin_url.h"

#include <string>
#include <string_view>

namespace tonearm::source {

/// An object's name.
struct S3Object {
  std::string bucket;
  std::string key;  ///< A plain name: nothing in it is encoded.
};

/// `bucket/key`, as a locator holds it. bad_locator for a bucket that no host or path can name, an
/// empty key, and a `.` or `..` segment, which proxies before a server would take for a way out of
/// the bucket. Empty segments are S3's own business.
Result<S3Object> parse_s3_object(std::string_view text);

/// Where an object is asked for.
struct S3Address {
  OriginUrl url;
  std::string path;  ///< The URL's, which is also the canonical one.
  std::string host;  ///< The Host field: with the port where it is not the scheme's own.
};

/// Virtual-host style, `https://BUCKET.s3.amazonaws.com/KEY`, where the endpoint and the bucket's
/// name allow it; else path style, `http://127.0.0.1:9000/BUCKET/KEY`: an IP address has no
/// subdomains, TLS certificates cover no bucket with a dot, a host name no capitals. Amazon's own
/// endpoints are replaced by that of `region`; the global one is that of us-east-1.
Result<S3Address> s3_address(const S3Options& options, const S3Object& object,
                             std::string_view region);

/// The address of a URL that S3 itself redirected to.
S3Address s3_address_of(OriginUrl url);

/// Whether signatures may go to a host that a redirect names: that of `from`, the same with or
/// without `bucket` in front, or one of Amazon's S3 where `from` is that, too.
bool may_sign_for(const OriginUrl& to, const OriginUrl& from, std::string_view bucket);

}  // namespace tonearm::source
