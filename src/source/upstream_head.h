#pragma once

#include "tonearm/http/content_range.h"
#include "tonearm/http/freshness.h"
#include "tonearm/http/validators.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tonearm::source {

/// The fields of an origin's response head that decide anything. Everything else stays behind.
struct UpstreamHead {
  unsigned status = 0;
  std::optional<std::uint64_t> content_length;
  /// A Content-Range was there; `content_range` is empty when it made no sense.
  bool has_content_range = false;
  std::optional<http::ContentRange> content_range;
  http::Validators validators;
  http::CacheFields caching;
  std::string content_type;
  bool has_transfer_coding = false;
  bool chunked = false;  ///< The only transfer coding that we know.
  /// Another one, which nobody has allowed (RFC 9112 §7.4, TE).
  bool unknown_transfer_coding = false;
  bool http_1_0 = false;
  bool close = false;       ///< Connection: close (RFC 9112 §9.6).
  bool keep_alive = false;  ///< Connection: keep-alive, which HTTP/1.0 has to say (§9.3).
  bool encoded = false;     ///< Content-Encoding other than identity.
  /// Two different Content-Lengths, one that is no number, or two Content-Ranges.
  bool ambiguous = false;
  std::string location;
  std::string bucket_region;  ///< x-amz-bucket-region: where S3 says that the bucket is.
  std::optional<std::chrono::seconds> retry_after;  ///< A day at most.
};

/// Whether it is the first line of an answer in HTTP/1 (RFC 9112 §4), be the reason there or not.
bool is_status_line(std::string_view line);

/// Reads a head line by line: a status line, then fields, then an empty one. What comes behind a
/// head that is not final (1xx) is another. Pure.
class UpstreamHeadReader {
 public:
  /// One line with or without its CRLF. True when it was the empty line that ends a final head.
  bool line(std::string_view text, http::HttpTime now);
  const UpstreamHead& head() const { return head_; }
  /// Behind a status line: the next one is a field, or ends the head.
  bool in_fields() const { return in_fields_; }

 private:
  void field(std::string_view name, std::string_view value, http::HttpTime now);
  void read_transfer_codings(std::string_view value);
  void read_connection_options(std::string_view value);
  void finish(http::HttpTime now);

  UpstreamHead head_;
  bool in_fields_ = false;
};

}  // namespace tonearm::source
