#include "yaml_depth_priv.h"

static int nesting(yaml_event_type_t type)
{
    if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
        return 1;
    return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT ? -1 : 0;
}

bool zs_yaml_is_too_deep(zs_span text, yaml_mark_t *mark)
{
    yaml_parser_t parser;
    yaml_event_t event;
    int depth = 0;
    if (!yaml_parser_initialize(&parser))
        return false;
    yaml_parser_set_input_string(&parser, text.data ? text.data : (const uint8_t *)"", text.bytes);
    for (bool is_end = false; !is_end && depth <= ZS_YAML_DEPTH_MAX;) {
        if (!yaml_parser_parse(&parser, &event))
            break;
        depth += nesting(event.type);
        is_end = event.type == YAML_STREAM_END_EVENT;
        if (depth > ZS_YAML_DEPTH_MAX)
            *mark = event.start_mark;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return depth > ZS_YAML_DEPTH_MAX;
}

yaml_mark_t zs_yaml_failed_at(const yaml_parser_t *parser, zs_span text)
{
    yaml_mark_t mark = {.index = parser->problem_offset};
    if (parser->error != YAML_READER_ERROR)
        return parser->problem_mark;
    for (size_t i = 0; i < parser->problem_offset && i < text.bytes; i++) {
        const bool is_end = text.data[i] == '\n';
        const bool begins_character = (text.data[i] & 0xc0) != 0x80;
        mark.line += is_end;
        mark.column = is_end ? 0 : mark.column + begins_character;
    }
    return mark;
}
