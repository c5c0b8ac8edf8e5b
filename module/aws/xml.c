/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as XML. libxml2 reads them; what is refused before or after that bounds what it can be made to do. */
#include <goose-bridge/aws.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

#define TAGS_MAX 400000 /* each becomes a node of some hundred octets; the largest pages have half as many */

/* A gb_aws_document is an xmlDoc and a gb_aws_node an xmlNode, under names that only this file knows the inside of. */
static xmlNode *inside(const struct gb_aws_node *node)
{
	return (xmlNode *)(uintptr_t)node;
}

static const struct gb_aws_node *outside(const xmlNode *node)
{
	return (const struct gb_aws_node *)node;
}

/* A DTD could declare entities, which grow or lead elsewhere; EC2 sends none. UTF-16, in which it could hide, has NULs. */
static bool is_harmless(const char *text, size_t length)
{
	size_t tags = 0;

	if (length == 0 || length > GB_AWS_BODY_MAX || memchr(text, '\0', length) || memmem(text, length, "<!DOCTYPE", 9))
		return false;
	for (const char *at = text; (at = memchr(at, '<', length - (size_t)(at - text))); at++)
		tags++;
	return tags <= TAGS_MAX;
}

/* Nothing but elements and text, not too deep. Text in several pieces (CDATA) is put together. */
static bool is_plain(xmlNode *root)
{
	xmlNode *at = root;
	unsigned depth = 1;

	while (at) {
		if (depth > GB_AWS_DEPTH_MAX || (at->type != XML_ELEMENT_NODE && at->type != XML_TEXT_NODE))
			return false;
		while (at->type == XML_TEXT_NODE && at->next && at->next->type == XML_TEXT_NODE)
			xmlTextMerge(at, at->next);
		if (at->type == XML_ELEMENT_NODE && at->children) {
			at = at->children;
			depth++;
			continue;
		}
		while (at && at != root && !at->next) {
			at = at->parent;
			depth--;
		}
		at = !at || at == root ? NULL : at->next;
	}
	return true;
}

struct gb_aws_document *gb_aws_document_parse(const char *text, size_t length)
{
	int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
	xmlDoc *document;

	if (!is_harmless(text, length))
		return NULL;
	document = xmlReadMemory(text, (int)length, NULL, "UTF-8", options);
	if (!document)
		return NULL;
	if (!xmlDocGetRootElement(document) || xmlGetIntSubset(document) || !is_plain(xmlDocGetRootElement(document))) {
		xmlFreeDoc(document);
		return NULL;
	}
	return (struct gb_aws_document *)document;
}

void gb_aws_document_free(struct gb_aws_document *document)
{
	if (document)
		xmlFreeDoc((xmlDoc *)document);
}

const struct gb_aws_node *gb_aws_root(const struct gb_aws_document *document)
{
	return document ? outside(xmlDocGetRootElement((xmlDoc *)(uintptr_t)document)) : NULL;
}

const char *gb_aws_name(const struct gb_aws_node *node)
{
	return (const char *)inside(node)->name;
}

static bool is_element(const xmlNode *node, const char *name, size_t length)
{
	return node->type == XML_ELEMENT_NODE && strlen((const char *)node->name) == length &&
	       memcmp(node->name, name, length) == 0;
}

const struct gb_aws_node *gb_aws_child(const struct gb_aws_node *node, const char *path)
{
	const xmlNode *at = node ? inside(node) : NULL;

	while (at && *path) {
		size_t length = strcspn(path, "/");

		at = at->children;
		while (at && !is_element(at, path, length))
			at = at->next;
		path += length;
		if (*path == '/')
			path++;
	}
	return outside(at);
}

const struct gb_aws_node *gb_aws_next(const struct gb_aws_node *node)
{
	const char *name = gb_aws_name(node);
	const xmlNode *at = inside(node)->next;

	while (at && !is_element(at, name, strlen(name)))
		at = at->next;
	return outside(at);
}

const char *gb_aws_text(const struct gb_aws_node *node, const char *path, const char *otherwise)
{
	const struct gb_aws_node *found = gb_aws_child(node, path);

	if (!found)
		return otherwise;
	for (const xmlNode *at = inside(found)->children; at; at = at->next)
		if (at->type == XML_TEXT_NODE)
			return (const char *)at->content;
	return "";
}

bool gb_aws_is_true(const struct gb_aws_node *node, const char *path)
{
	return strcmp(gb_aws_text(node, path, ""), "true") == 0;
}
