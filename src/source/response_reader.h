#pragma once

#include "tonearm/base/result.h"

#include "source/chunked_decoder.h"
#include "source/upstream_head.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tonearm::source {

/// Reads the answer to one GET off a connection (RFC 9112): its head, interim ones before it
/// (RFC 9110 §15.2) left out, then its content, which stays where it was received. Pure.
///
/// A field holds 100 KiB at most, all heads of an answer 300. Their lines may end with LF alone
/// (RFC 9112 §2.2), and a field may go on in the next one (§5.2); what begins with no status line
/// is no HTTP.
class ResponseReader {
 public:
  /// The next bytes, as long as has_head() is false: how many of them the head took.
  Result<std::size_t> read_head(std::string_view bytes, http::HttpTime now);
  bool has_head() const { return has_head_; }
  /// Its final head, once it is there.
  const UpstreamHead& head() const { return lines_.head(); }
  /// Not even a status line has come.
  bool silent() const { return head().status == 0; }

  struct Content {
    std::size_t size = 0;        ///< It now stands at the front of what was read.
    std::optional<Error> fault;  ///< Of what comes behind it.
  };
  /// The next bytes behind the head.
  Content read_content(std::span<std::byte> bytes);
  /// The origin has ended the connection. An error, unless that ends the content (§6.3).
  Result<void> end();

  /// Nothing more is to come.
  bool complete() const { return complete_; }
  /// The connection may be asked again: the origin keeps it (§9.3), and nothing stands behind the
  /// answer.
  bool reusable() const;

 private:
  /// How the content is delimited (§6.3).
  enum class Framing : std::uint8_t { length, chunked, until_close };

  Result<void> read_line(std::string_view line, http::HttpTime now);
  Result<void> go_on_with_field(std::string_view line);
  Result<void> end_field(http::HttpTime now);
  Result<void> begin_content();

  UpstreamHeadReader lines_;
  std::string begun_;  ///< A line that has not come whole.
  std::string field_;  ///< One that the next line may go on with.
  std::size_t head_size_ = 0;
  bool has_head_ = false;

  Framing framing_ = Framing::until_close;
  std::uint64_t left_ = 0;  ///< Of a content with a length.
  ChunkedDecoder chunks_;
  bool complete_ = false;
  bool excess_ = false;  ///< Bytes behind its end.
};

}  // namespace tonearm::source
