#pragma once

#include "tonearm/http/freshness.h"
#include "tonearm/http/validators.h"

#include <cstdint>
#include <optional>
#include <string>

namespace tonearm::http {

/// What is known of a representation that is still being written. It has no length yet.
struct Growth {
  std::uint64_t exists = 0;  ///< Bytes that there are now.
  /// Bytes: how far past what exists a range may begin and is waited for.
  std::uint64_t lead = 64 * 1024;
  /// The total that a Content-Range tells: what the format can hold at most. Empty: `*`.
  std::optional<std::uint64_t> most;
};

/// What is known of one version of a song's bytes (RFC 9110 §3.2): everything that a plan needs.
struct Representation {
  /// Bytes. Empty: the origin does not say, and the body ends where it ends.
  std::optional<std::uint64_t> length;
  /// What the source says of the media type; empty when it says nothing.
  std::string content_type;
  Validators validators;
  /// Whether any part of it can be read. False only for an origin with neither ranges nor a length.
  bool seekable = true;
  /// Nothing proves that two reads see one version (no strong validator): several ranges are then
  /// only to be had in ascending order, from one pass over the body.
  bool single_pass = false;
  /// Set while it is still being written: `length` and `validators` are then empty, and any part of
  /// it can be read.
  std::optional<Growth> growth;
  /// It was asked for from a position at or past its end: nothing of it can be had, and `length`
  /// (or what exists of it) is that of the whole.
  bool starts_past_end = false;
  /// A part can be had without what lies before it. False for an origin that ignores Range: there
  /// every read begins at the first byte, although the parts that are not wanted are skipped.
  bool ranges = true;
  /// What the origin said about keeping it.
  CacheFields caching;
  /// The version that ReadIntent::known names is still the current one; no more is said than the
  /// answer's fields do (`caching`, `validators`, `content_type`), and nothing can be read.
  bool unchanged = false;
};

}  // namespace tonearm::http
