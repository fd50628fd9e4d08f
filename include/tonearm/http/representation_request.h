#pragma once

#include "tonearm/http/range.h"
#include "tonearm/http/request_head.h"
#include "tonearm/http/validators.h"

#include <optional>
#include <string>

namespace tonearm::http {

/// What a client asked of a representation, read once from its head.
struct RepresentationRequest {
  bool head = false;  ///< HEAD: Range is ignored (RFC 9110 §14.2).
  RangeField range;
  std::optional<EntityTagList> if_match;
  std::optional<EntityTagList> if_none_match;
  std::optional<HttpTime> if_modified_since;  ///< Absent too when it is no valid date (§13.1.3).
  std::optional<HttpTime> if_unmodified_since;
  /// The If-Range field as sent; empty when absent. Neither tag nor date: never matches.
  std::string if_range;

  /// Whether its answer is likely to have a body: a HEAD has none, and what a client has already
  /// is often answered 304.
  bool wants_body() const { return !head && !if_none_match && !if_modified_since; }
};

RepresentationRequest read_representation_request(const RequestHead& head);

}  // namespace tonearm::http
